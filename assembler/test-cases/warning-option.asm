; options: -w-number-overflow -w+label-redef
 db 300
