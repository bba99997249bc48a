// Package attachmentproto is service.attachment as its peers see it.
package attachmentproto

// Bounds of files.
const (
	BytesMax   = 10 << 20  // Of a file.
	PieceBytes = 192 << 10 // Of each of its pieces but the last.
)
