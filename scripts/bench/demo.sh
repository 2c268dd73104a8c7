# Sourced by ./bench: cold starts, from the JSON that ./demo --json wrote ($demo).
[ -f "$demo" ] || die "$demo: no such file; './demo --json FILE' writes one."

# field NAME FIELD: of the first run whose name contains NAME.
field() {
  tr -d '\n' <"$demo" | sed 's/.*"runs" *: *\[//' | tr '{' '\n' | grep -m 1 "\"name\" *: *\"[^\"]*$1" |
    sed -n "s/.*\"$2\" *: *\([0-9.]*\).*/\1/p"
}

one=$(field "node 1" wallSeconds) two=$(field "node 2" wallSeconds) plain=$(field "plain" wallSeconds)
[ -n "$one" ] && [ -n "$two" ] && [ -n "$plain" ] || die "$demo does not hold the runs of ./demo."
row "cold start through Naiad, against the plain OCI image on the same link" "$one" "$plain" s "$(ratio "$one" "$plain")" "≤ 0.25"
row "cold start on node 2, against node 1" "$two" "$one" s "$(ratio "$two" "$one")" "≤ 1"
