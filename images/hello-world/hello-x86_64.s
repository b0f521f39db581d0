# Writes the message to standard output and ends: 0 when all of it was written, else 1.

        .equ    SYS_WRITE, 1
        .equ    SYS_EXIT, 60
        .equ    EINTR, 4

        .text
        .globl  _start
_start:
        lea     message(%rip), %rsi             # what is left to write ...
        mov     $message_length, %edx           # ... and how many bytes that is
write:
        mov     $SYS_WRITE, %eax
        mov     $1, %edi
        syscall
        cmp     $-EINTR, %rax                   # interrupted before the first byte: once more
        je      write
        test    %rax, %rax                      # an error, or no progress: give up
        jle     failed
        add     %rax, %rsi                      # a pipe may take only a part: go on behind it
        sub     %rax, %rdx
        jnz     write
        xor     %edi, %edi
        jmp     exit
failed:
        mov     $1, %edi
exit:
        mov     $SYS_EXIT, %eax
        syscall

        .section .rodata
message:
        .incbin "message.txt"
        .equ    message_length, . - message

        .section .note.GNU-stack, "", @progbits
