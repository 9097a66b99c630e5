default foo
 default
