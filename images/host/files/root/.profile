[ -n "${BASH_VERSION-}" ] && [ -r ~/.bashrc ] && . ~/.bashrc
