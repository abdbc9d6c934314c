#!/bin/sh
# Backs up the bot's database and files while it runs: deploy/backup.sh FOLDER
# Settings: SHEBAO_DATABASE_URL and SHEBAO_FILES_DIR, as the bot has them.
# The database comes first: files never change, so every file that it names is there when they
# are copied. Keys are not copied: keep them elsewhere, since a backup with its key is clear text.
set -eu
umask 077

target=${1:?say where: deploy/backup.sh FOLDER}
url=${SHEBAO_DATABASE_URL:-sqlite:///var/bot/shebao.db}
files=${SHEBAO_FILES_DIR:-var/bot/files}
keep=${SHEBAO_BACKUP_KEEP:-14}
python=${PYTHON:-.venv/bin/python}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
partial="$target/.$stamp.partial"

mkdir -p "$partial"
trap 'rm -rf "$partial"' EXIT

case $url in
  sqlite*)
    "$python" - "${url#sqlite*:///}" "$partial/shebao.db" <<'PYTHON'
import sqlite3, sys
source = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
source.execute("VACUUM INTO ?", (sys.argv[2],))
copy = sqlite3.connect(sys.argv[2])
if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
    sys.exit("the copy is damaged")
PYTHON
    ;;
  postgres*)
    pg_dump --format=custom --no-owner --file="$partial/shebao.dump" "$url"
    ;;
  *)
    echo "unknown database" >&2
    exit 1
    ;;
esac

mkdir -p "$files"
tar -C "$files" -cf "$partial/files.tar" --exclude='*.part' .
mv "$partial" "$target/$stamp"
trap - EXIT

# Old ones go; names sort by time.
find "$target" -mindepth 1 -maxdepth 1 -type d -name '20*Z' | sort -r | tail -n "+$((keep + 1))" |
  while read -r old; do rm -rf "$old"; done
echo "$target/$stamp"
