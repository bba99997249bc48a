package iso8583

// Response codes, of ISO 8583:1987 as the card schemes use them.
const (
	Approved            = "00"
	DoNotHonour         = "05"
	PartlyApproved      = "10"
	InvalidCard         = "14"
	NoActionTaken       = "21"
	RecordNotFound      = "25"
	FormatFault         = "30"
	NotSupported        = "40"
	InsufficientFunds   = "51"
	ExpiredCard         = "54"
	WrongPIN            = "55"
	NotPermitted        = "57"
	ExceedsLimit        = "61"
	RestrictedCard      = "62"
	PINTriesExceeded    = "75"
	CardDeactivated     = "78"
	WrongCVV            = "82"
	PurchaseOnly        = "87" // An approval: of a purchase with cash, without the cash.
	WrongCryptogram     = "88"
	IssuerInoperative   = "91"
	DuplicateMessage    = "94"
	SystemMalfunction   = "96"
	additionalLengthMax = 25
)

// Refuse is an answer that a message is not understood, with what is wrong in element 44, and whether it can be
// answered.
func (m Message) Refuse(fault *FormatError) (Message, bool) {
	reply, ok := m.Reply(FormatFault)
	if ok {
		text := fault.Error()
		reply.Set(AdditionalResponse, text[:min(len(text), additionalLengthMax)])
	}
	return reply, ok
}

// IsApproval tells whether a response code is one of an approval: of all, of a part, or of a purchase without its cash.
func IsApproval(code string) bool {
	return code == Approved || code == PartlyApproved || code == PurchaseOnly
}
