 db {k1}
