 db %num(5,2,1)
