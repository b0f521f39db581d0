// Writes the message to standard output and ends: 0 when all of it was written, else 1.

        .equ    SYS_WRITE, 64
        .equ    SYS_EXIT, 93
        .equ    EINTR, 4

        .text
        .globl  _start
_start:
        adr     x19, message                    // what is left to write ...
        ldr     x20, =message_length            // ... and how many bytes that is
write:
        mov     x8, #SYS_WRITE
        mov     x0, #1
        mov     x1, x19
        mov     x2, x20
        svc     #0
        cmn     x0, #EINTR                      // interrupted before the first byte: once more
        b.eq    write
        cmp     x0, #0                          // an error, or no progress: give up
        b.le    failed
        add     x19, x19, x0                    // a pipe may take only a part: go on behind it
        subs    x20, x20, x0
        b.ne    write
        mov     x0, #0
        b       exit
failed:
        mov     x0, #1
exit:
        mov     x8, #SYS_EXIT
        svc     #0

        .section .rodata
message:
        .incbin "message.txt"
        .equ    message_length, . - message

        .section .note.GNU-stack, "", %progbits
