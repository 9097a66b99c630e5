%macro  ranges 1-*
        db      %{1:3}, 0
        db      %{-1:1}, 0
        db      %{2:-2}, 0
        db      %{1}, %{-1:-1}
%rotate 1
        db      %1, %{1:2}
%rotate -2
        db      %1
%endmacro
        ranges  1, 2, 3, 4, 5
