#!/bin/sh
# Builds the pages: checks the types, bundles, writes index.html with the hashed names, compresses, and writes
# dist/pages.inc, which CPages embeds. A file whose content did not change is not touched, so nothing that
# depends on it is built again.
#
#   build.sh [--check]     --check also runs the type checker, which needs tsc
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dist="$here/dist"
budget_all=153600        # bytes of compressed JavaScript, all pages together

fail() { echo "build.sh: $*" >&2; exit 1; }
command -v esbuild >/dev/null || fail "esbuild is missing (Debian: apt install esbuild)"

if [ "${1:-}" = "--check" ]; then
    command -v tsc >/dev/null || fail "tsc is missing (Debian: apt install node-typescript)"
    tsc --noEmit -p "$here"
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT INT TERM

hash_of() { sha256sum "$1" | cut -c1-16; }
only() {
    if [ $# -ne 1 ] || [ ! -f "$1" ]; then fail "expected one bundle, found: $*"; fi
    basename "$1"
}

bundle() {
    esbuild "$here/src/app.ts" "$here/src/enroll.css" --bundle --minify --format=esm --target=es2021 --charset=utf8 \
        --entry-names='[name]-[hash]' --outdir="$fresh/assets" --legal-comments=none --log-level=warning
    cp "$here/src/mark.svg" "$fresh/assets/mark-$(hash_of "$here/src/mark.svg").svg"
}

write_index() {
    script=$(only "$fresh"/assets/app-*.js)
    style=$(only "$fresh"/assets/app-*.css)
    mark=$(only "$fresh"/assets/mark-*.svg)
    enroll=$(only "$fresh"/assets/enroll-*.css)
    sed -e "s|@ENROLL_STYLE@|$enroll|" -e "s|@ICON@|$mark|" "$here/src/enroll.html" > "$fresh/enroll.html"
    sed -e "s|@SCRIPT@|$script|" -e "s|@STYLE@|$style|" -e "s|@ICON@|$mark|" "$here/src/index.html" > "$fresh/index.html"
}

content_type() {
    case $1 in
        *.html) echo 'text/html; charset=utf-8' ;;
        *.js) echo 'text/javascript; charset=utf-8' ;;
        *.css) echo 'text/css; charset=utf-8' ;;
        *.svg) echo 'image/svg+xml' ;;
        *) fail "no content type for $1" ;;
    esac
}

# One array for each file and form, then one row for each array.
write_table() {
    echo '// Written by build.sh; do not edit.'
    rows=''
    number=0
    for file in "$fresh"/*.html "$fresh"/assets/*; do
        case $file in *.gz) continue ;; esac
        name=${file#"$fresh"/}
        immutable=1
        case $name in *.html) immutable=0 ;; esac
        etag=$(hash_of "$file")
        for form in identity gzip; do
            suffix='' mark=''
            if [ "$form" = gzip ]; then suffix=.gz mark=-gz; fi
            number=$((number + 1))
            printf 'static const unsigned char page_%d[] = {\n#embed "%s%s"\n};\n' "$number" "$name" "$suffix"
            rows="$rows    {\"/$name\", \"$(content_type "$name")\", \"$form\", \"\\\\\"$etag$mark\\\\\"\", $immutable, page_$number, sizeof page_$number},\\n"
        done
    done
    printf 'static const struct depotd_page pages[] = {\n'
    # shellcheck disable=SC2059  # the rows carry their line ends as \n
    printf "$rows"
    printf '};\n'
}

# Copies what changed and removes what is gone.
publish() {
    mkdir -p "$dist/assets"
    for old in "$dist"/assets/*; do
        [ -e "$fresh/assets/$(basename "$old")" ] || rm -f "$old"
    done
    for file in "$fresh"/assets/* "$fresh"/*.html "$fresh"/*.html.gz "$fresh"/pages.inc; do
        name=${file#"$fresh"/}
        cmp -s "$file" "$dist/$name" || cp "$file" "$dist/$name"
    done
}

bundle
write_index
for file in "$fresh"/*.html "$fresh"/assets/*; do gzip -9nc "$file" > "$file.gz"; done
write_table > "$fresh/pages.inc"
scripts=$(cat "$fresh"/assets/*.js.gz | wc -c)
[ "$scripts" -le "$budget_all" ] || fail "$scripts bytes of compressed JavaScript, $budget_all allowed"
publish
echo "pages: $scripts bytes of JavaScript, $(cat "$fresh"/assets/*.css.gz | wc -c) of styles, compressed"
