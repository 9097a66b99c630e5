# 12 "foo.c"
 db __LINE__
 db __FILE__
# 3 "bar.c" 1
 db __LINE__
 db 300
