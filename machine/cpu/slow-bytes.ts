/** Added to the number of bytes of an access in slow paths: alignment is not checked (parts of 16 bytes that may lie anywhere). */
export const UNALIGNED = 0x80;
