package feedproto

// The types of items.
const (
	TypeTransaction = "transaction"
	TypeBasic       = "basic" // A program has added it. It is of no transaction, and no phone is told of it.
)
