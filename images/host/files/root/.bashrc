# The shell of a student's Docker host.
case $- in *i*) ;; *) return ;; esac

HISTCONTROL=ignoreboth
HISTSIZE=5000
shopt -s checkwinsize histappend
PROMPT_COMMAND='history -a'

PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
alias ls='ls --color=auto' grep='grep --color=auto' ll='ls -l' vim=vi
export EDITOR=nano PAGER=less LESS=-R

[ -r /usr/share/bash-completion/bash_completion ] && . /usr/share/bash-completion/bash_completion
