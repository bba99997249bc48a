// Package logic is what a file and an attachment are, and what may become of them.
package logic

import (
	"bytes"
	"slices"
	"strings"

	"farthing/pkg/errs"
)

// kind is a sort of file that is taken, by how its bytes begin. None of them can hold a script that a browser would
// run: pages and SVG are not among them.
type kind struct {
	name  string
	looks func(first []byte) bool
}

// kinds are all of them, in the order in which they are told.
var kinds = []kind{
	{"image/jpeg", begins("\xff\xd8\xff")},
	{"image/png", begins("\x89PNG\r\n\x1a\n")},
	{"image/gif", begins("GIF87a", "GIF89a")},
	{"image/webp", func(first []byte) bool { return begins("RIFF")(first) && begins("WEBP")(from(first, 8)) }},
	{"image/heic", heif},
	{"image/heif", heif},
	{"application/pdf", begins("%PDF-")},
}

func begins(marks ...string) func([]byte) bool {
	return func(first []byte) bool {
		return slices.ContainsFunc(marks, func(mark string) bool { return bytes.HasPrefix(first, []byte(mark)) })
	}
}

func from(first []byte, at int) []byte { return first[min(at, len(first)):] }

// heif is what phones take pictures in: a box "ftyp" that names one of some brands.
func heif(first []byte) bool {
	return begins("ftyp")(from(first, 4)) &&
		begins("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1")(from(first, 8))
}

// KindOf is the kind that a media type names, whatever its case and its parameters, and whether it is taken.
// "image/jpg", which is no media type, is what some programs say for image/jpeg.
func KindOf(fileType string) (string, bool) {
	media, _, _ := strings.Cut(fileType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if media == "image/jpg" {
		media = "image/jpeg"
	}
	return media, slices.ContainsFunc(kinds, func(k kind) bool { return k.name == media })
}

// CheckKind is KindOf, and fails, naming the field and what is taken.
func CheckKind(field, fileType string) (string, error) {
	if fileType == "" {
		return "", errs.MissingParam(field)
	}
	name, ok := KindOf(fileType)
	if !ok {
		var all []string
		for _, each := range kinds {
			all = append(all, each.name)
		}
		return "", errs.BadParam(field, "must be one of "+strings.Join(all, ", "))
	}
	return name, nil
}

// CheckFirst fails unless a file begins as one of its kind does.
func CheckFirst(name string, first []byte) error {
	for _, each := range kinds {
		if each.name == name && each.looks(first) {
			return nil
		}
	}
	return errs.BadParam("file", "must be what its file_type says: "+name)
}

// CheckSaid fails if who uploads a file says that it is of another kind than was said before. Many say nothing of it,
// and command line tools the same of all that they send.
func CheckSaid(name, contentType string) error {
	media, taken := KindOf(contentType)
	if taken && media == name || slices.Contains(saysNothing, media) {
		return nil
	}
	return errs.BadParam("content_type", "must be the file_type that was said before: "+name)
}

var saysNothing = []string{
	"", "application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded", "application/json",
}
