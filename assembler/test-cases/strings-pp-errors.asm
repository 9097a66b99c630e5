%strlen x 5
%strcat x 5
%substr x 5 1
%deftok x 5
%substr x 'abc' foo
%strlen
%defstr
%pathsearch x 5
