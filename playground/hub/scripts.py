"""What runs inside a sandbox for a transfer: POSIX shell that gets its words as arguments.

All of them first go to the folder in ``$1``. What they find may change under them; nothing outside
the sandbox depends on it.
"""

from __future__ import annotations

from enum import IntEnum

#: Between the parts of a script's first line.
SEPARATOR = " "


class Code(IntEnum):
    """Why a script ended."""

    FOLDER = 21
    MISSING = 22
    KIND = 23
    FULL = 24
    CHANGED = 25
    TAKEN = 26

    @classmethod
    def name_of(cls, code: int) -> str:
        """The word for a code, ``failed`` for one that no script gives."""
        return cls(code).name.lower() if code in set(cls) else "failed"


#: ``folder stem suffix size``: the bytes become a new file, never one that is there. Its name is
#: put out. With too few bytes, or when the disk is full, nothing stays.
PUT = f"""
cd -- "$1" 2>/dev/null || cd || exit {Code.FOLDER}
[ -w . ] || exit {Code.FOLDER}
file="$2$3" number=0
while [ -e "./$file" ] || [ -L "./$file" ]; do
    number=$((number + 1))
    [ "$number" -lt 100 ] || exit {Code.TAKEN}
    file="$2 ($number)$3"
done
(set -C; : > "./$file") 2>/dev/null || exit {Code.FULL}
trap 'rm -f -- "./$file"; exit {Code.CHANGED}' HUP TERM INT
cat > "./$file" 2>/dev/null || {{ rm -f -- "./$file"; exit {Code.FULL}; }}
[ "$(stat -c %s -- "./$file")" = "$4" ] || {{ rm -f -- "./$file"; exit {Code.CHANGED}; }}
printf '%s\\n' "$file"
"""

_FIND = f"""
cd -- "$1" 2>/dev/null || cd || exit {Code.FOLDER}
case "$2" in /*) path=$2 ;; "~"|"~/"*) path="$HOME${{2#"~"}}" ;; *) path="./$2" ;; esac
[ -e "$path" ] || exit {Code.MISSING}
full=$(readlink -fn -- "$path" | tr '\\n\\r' '??')
"""

#: ``folder path``: kind, size and path, then the bytes; a folder's as a tar archive of what is on
#: the same file system. The file is opened first and then looked at, so that it stays the same one.
GET = (
    _FIND
    + f"""
if [ -d "$path" ]; then
    printf 'folder 0 %s\\n' "$full"
    [ "$full" != / ] || exec tar --one-file-system -cf - -C / . 2>/dev/null
    cd -- "$full/.." && exec tar --one-file-system -cf - -- "${{full##*/}}" 2>/dev/null
fi
[ -f "$path" ] || exit {Code.KIND}
exec 3< "$path" || exit {Code.MISSING}
[ -f /proc/self/fd/3 ] || exit {Code.KIND}
size=$(stat -Lc %s /proc/self/fd/3)
printf 'file %s %s\\n' "$size" "$full"
exec head -c "$size" <&3
"""
)

#: ``folder path``: kind, size and path, then of a folder its files and folders.
LOOK = (
    _FIND
    + f"""
if [ -d "$path" ]; then
    printf 'folder 0 %s\\n' "$full"
    exec find -L "$path" -mindepth 1 -maxdepth 1 '(' -type f -o -type d ')' \\
        -printf '%y\\t%s\\t%f\\0' 2>/dev/null
fi
[ -f "$path" ] || exit {Code.KIND}
printf 'file %s %s\\n' "$(stat -Lc %s -- "$path")" "$full"
"""
)
