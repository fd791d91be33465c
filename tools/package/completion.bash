# Tab completion of backshelf for bash. Commands and options come from --help, backups from what `list` remembers.

_backshelf_words() {  # COMMAND CUR: the words that may follow, one per line
  case "$2" in
    -*) backshelf ${1:+"$1"} --help 2>/dev/null | grep -oE -- '(^|[ ,])--?[A-Za-z][a-z-]*' | tr -d ' ,' ; return ;;
  esac
  case "$1" in
    '') backshelf --help 2>/dev/null | sed -n '/^Subcommands:/,$ s/^  \([a-z-][a-z-]*\) .*/\1/p' ;;
    backup) printf '%s\n' full name= parts= database=exclude to= ;;
    verify) printf '%s\n' all ;;
    copy) printf '%s\n' to= ;;
    restore) printf '%s\n' parts= database=keep force ;;
    prune) printf '%s\n' dry-run ;;
  esac
}

_backshelf_backups() {  # OPTIONS…: folder names, one per line; those with quotes or backslashes are left out
  timeout 3 backshelf list --json -q "$@" </dev/null 2>/dev/null | sed -n 's/^  "folder": "\([^"\\]*\)",$/\1/p'
}

_backshelf() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' word i
  local -a words=() common=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${COMP_WORDS[i]}" in
      -c | -k) common+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}"); ((i++)) ;;
      -*) ;;
      *) [[ -n "$command" ]] || command=${COMP_WORDS[i]} ;;
    esac
  done
  case "$prev" in
    -c | -k | -o | --output | --new-key-file) compopt -o default 2>/dev/null; return ;;
  esac
  mapfile -t words < <(_backshelf_words "$command" "$cur")
  if [[ "$cur" != -* ]]; then
    case "$command" in
      show | ls | cat | extract | export | verify | delete | pin | unpin | copy | restore | diff)
        mapfile -t -O "${#words[@]}" words < <(_backshelf_backups "${common[@]}")
        words+=(latest) ;;
      undelete)
        mapfile -t -O "${#words[@]}" words < <(_backshelf_backups --deleted "${common[@]}") ;;
    esac
  fi
  # As typed: perhaps with quotes, which readline puts around the result again (-o filenames).
  cur=${cur//\\/}
  cur=${cur#[\"\']}
  for word in "${words[@]}"; do
    [[ "$word" != "$cur"* ]] || COMPREPLY+=("$word")
  done
  if ((${#COMPREPLY[@]} == 0)); then
    compopt -o default 2>/dev/null
  elif [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *= ]]; then
    compopt -o nospace 2>/dev/null
  elif [[ "$cur" != -* ]]; then
    compopt -o filenames 2>/dev/null
  fi
  return 0
}

complete -F _backshelf backshelf
