%assign
%assign x
%assign x foo
%assign x eax
%assign 5 3
