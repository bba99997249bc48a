package apiproto

import (
	"net/url"
	"strings"

	attachmentproto "farthing/service.attachment/proto"
)

// Attachment is what is attached to a transaction, as the API shows it. Type and URL are what transactions call
// file_type and file_url besides.
type Attachment struct {
	ID         string `json:"id"`
	UserID     string `json:"user_id"`
	ExternalID string `json:"external_id"` // The transaction.
	FileURL    string `json:"file_url"`
	FileType   string `json:"file_type"`
	Created    string `json:"created"`
	Type       string `json:"type"`
	URL        string `json:"url"`
}

// AttachmentOf is an attachment as the API shows it. Origin is where programs find the API, "https://api.example":
// below it lie the files that are kept here.
func AttachmentOf(a *attachmentproto.Attachment, origin string) Attachment {
	at := a.GetUrl()
	if at == "" {
		at = FileURL(origin, a.GetFileToken(), a.GetFileName())
	}
	return Attachment{
		ID: a.GetId(), UserID: a.GetUserId(), ExternalID: a.GetTransactionId(), FileURL: at, FileType: a.GetFileType(),
		Created: Time(a.GetCreatedMs()), Type: a.GetFileType(), URL: at,
	}
}

// Where files lie, and where they are uploaded, below the API's origin.
const (
	filePath   = "/attachment/file/"
	uploadPath = "/attachment/upload/"
)

// FileURL is where a file lies: who knows it may read the file.
func FileURL(origin, token, name string) string { return origin + filePath + token + "/" + name }

// UploadURL is where a file is uploaded: who knows it may do so.
func UploadURL(origin, token string) string { return origin + uploadPath + token }

// FileToken is the token of a URL that FileURL could have made, wherever its origin: a bank may be found by several
// names. It is empty for others.
func FileToken(fileURL string) string {
	parsed, err := url.Parse(fileURL)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(parsed.Path, filePath)
	token, _, _ := strings.Cut(rest, "/")
	return token
}
