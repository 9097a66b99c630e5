%strlen len 'my string'
 db len
%strlen l2 `\n\t`
 db l2
%strcat alpha "Alpha: ", '12" screen'
 db alpha
%strcat beta '"foo"\', "'bar'\\"
 db beta
%substr mychar 'xyzw' 1
 db mychar
%substr mychar 'xyzw' 2,2
 db mychar
%substr mychar 'xyzw' 2,-1
 db mychar
%substr mychar 'xyzw' 2,-2
 db mychar
%substr mychar 'xyzw' 9
 db mychar, 1
%substr q 'xyzw' -1, 3
 db q
%defstr test TEST value 5
 db test
%defstr spaced a   b  c
 db spaced
%deftok tok "1 + 2"
 db tok
%idefstr IT abc
 db it
%strcat multi 'a', "b", `\x63`, 'd'
 db multi
%strlen e ''
 db e
%pathsearch p "one-byte.inc"
 db p
%pathsearch p "no such file"
 db p
