package logic

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	attachmentproto "farthing/service.attachment/proto"
)

// Bounds of files.
const (
	BytesMax   = attachmentproto.BytesMax
	PieceBytes = attachmentproto.PieceBytes
	PiecesMax  = (BytesMax + PieceBytes - 1) / PieceBytes

	// UploadWithin is how long an upload token is good, and AttachWithin how long a file is kept that nobody attaches.
	UploadWithin = time.Hour
	AttachWithin = 24 * time.Hour

	// PerTransaction is how much may be attached to one transaction.
	PerTransaction = 20
)

// State is how far a file has come. Its numbers are stored.
type State int64

// The states, in their order: a file never goes back.
const (
	Begun    State = 1 // It may be uploaded.
	Uploaded State = 2 // It may be attached.
	Attached State = 3
	Removed  State = 4 // For ever: its bytes are gone, or about to be.
)

// File is one that a customer uploads.
type File struct {
	ID       string // file_…
	User     string
	Kind     string // "image/jpeg".
	Declared int64  // How many bytes were to be sent; 0 if that was not said.
	Store    string // Which store keeps its pieces.
	Created  time.Time

	Name   string // Personal, as is the secret: what stands in its URL.
	Secret string // What reads it, together with its id.

	State   State
	Attempt string // The attempt to upload it that was completed first.
	Bytes   int64
	SHA256  []byte

	Attachment Attachment // Its own, once it is attached; without name and secret.

	Version int64 // Grows with each change.
}

// Pieces is how many pieces it has.
func (f File) Pieces() int { return int((f.Bytes + PieceBytes - 1) / PieceBytes) }

// Readable tells whether there is something to be read.
func (f File) Readable() bool { return f.State == Uploaded || f.State == Attached }

// Upload is an attempt to upload a file that has ended.
type Upload struct {
	Attempt   string
	Bytes     int64
	SentBytes int64
	SHA256    []byte
}

// Complete is the file after an upload, which may be the same: what was uploaded first stays.
func (f File) Complete(u Upload) (File, error) {
	switch {
	case u.Bytes <= 0:
		return f, errs.BadParam("file", "must not be empty")
	case u.Bytes > BytesMax:
		return f, TooLarge("file")
	case f.Declared > 0 && f.Declared != u.Bytes && f.Declared != u.SentBytes:
		return f, errs.BadParam("content_length", "must be the length of what is uploaded")
	case f.State == Removed:
		return f, errs.Missing("file")
	case f.Readable() && !bytes.Equal(f.SHA256, u.SHA256):
		return f, errs.New(errs.Conflict+".uploaded", "Another file was uploaded here already")
	case f.Readable():
		return f, nil
	}
	f.State, f.Attempt, f.Bytes, f.SHA256 = Uploaded, u.Attempt, u.Bytes, u.SHA256
	return f, nil
}

// TooLarge refuses a file for its length.
func TooLarge(field string) error {
	return errs.BadParam(field, fmt.Sprintf("must be at most %d bytes", BytesMax))
}

// Attach is the file after it was attached, which may be the same: a repeat finds the first attachment.
func (f File) Attach(to Attachment, kind string) (File, error) {
	switch {
	case f.User != to.User || f.State == Removed:
		return f, errs.Missing("file")
	case f.State == Begun:
		return f, errs.New(errs.PreconditionFailed+".not_uploaded", "The file has not been uploaded yet")
	case kind != f.Kind:
		return f, errs.BadParam("file_type", "must be that of the file which was uploaded: "+f.Kind)
	case f.State == Attached && (f.Attachment.Account != to.Account || f.Attachment.Transaction != to.Transaction):
		return f, errs.New(errs.Conflict+".file_registered", "The file is attached to another transaction")
	case f.State == Attached:
		return f, nil
	}
	f.State, f.Attachment = Attached, to
	return f, nil
}

// Orphaned tells whether nobody has attached the file in time.
func (f File) Orphaned(now time.Time) bool {
	return (f.State == Begun || f.State == Uploaded) && !now.Before(f.Created.Add(AttachWithin))
}

// Attachment is what is attached to a transaction: a file here, or one that lies elsewhere.
type Attachment struct {
	ID          string // attach_…
	User        string
	Account     string
	Transaction string
	Type        string // As it was said: "image/jpg".
	Created     time.Time

	File   string // file_…; empty if it lies elsewhere.
	Name   string // Of the file, as its secret. Personal, all three.
	Secret string
	URL    string // Elsewhere.
}

// prefix begins the ids of files.
const prefix = "file"

// secretChars is how long a secret is: 130 bits.
const secretChars = 26

// Token is the capability to read a file: its id and its secret.
func Token(fileID, secret string) string { return strings.TrimPrefix(fileID, prefix+"_") + secret }

// ReadToken is what a file token is made of; false for what is none.
func ReadToken(token string) (fileID, secret string, ok bool) {
	at := len(token) - secretChars
	if at <= 0 {
		return "", "", false
	}
	fileID = prefix + "_" + token[:at]
	return fileID, token[at:], id.Check("file", prefix, fileID) == nil
}

// nameMax is how long a kept name may be.
const nameMax = 100

// SafeName is what of a file's name may stand in a URL and in a header: its last part, with hyphens for all but letters
// and digits of ASCII, dots and underscores.
func SafeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, name)
	name = strings.TrimLeft(name[max(0, len(name)-nameMax):], ".-") // Its end says what it is.
	if name == "" {
		return prefix
	}
	return name
}
