#!/usr/bin/env bash
# Fails if the generated code in the tree is not exactly what its protos, and the API's document, make: changed, missing,
# or left over from a proto that has gone. It compares with a fresh generation elsewhere, so it says the same on a dirty
# checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
.bin/buf generate --output "$fresh"
mkdir -p "$fresh/client"
.bin/oapi-codegen -config client/generate/config.yaml -o "$fresh/client/api.gen.go" service.api/openapi/openapi.yaml

list() { (cd "$1" && find . -name '.?*' -prune -o \( -name '*.pb.go' -o -name '*.gen.go' \) -print | sort); }

status=0
while read -r file; do
	if ! cmp -s "$fresh/$file" "$file"; then
		echo "generated code is not current: ${file#./} (run make generate, commit the result)" >&2
		status=1
	fi
done < <({ list .; list "$fresh"; } | sort -u)
exit $status
