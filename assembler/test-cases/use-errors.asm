%use nosuch
%use
%use 5
%use fp bar
