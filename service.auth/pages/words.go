package pages

// Words is what a scope lets a program do, as its user is asked.
func Words(scope string) string {
	switch scope {
	case "accounts:read":
		return "see your accounts and how much is in them"
	case "transactions:read":
		return "see what you paid, and what you were paid"
	case "transactions:write":
		return "put notes of its own on your transactions"
	case "feed:read":
		return "see your feed"
	case "feed:write":
		return "put items of its own into your feed"
	case "cards:read":
		return "see your cards, without their numbers"
	case "cards:write":
		return "freeze, unfreeze and replace your cards"
	case "pots:read":
		return "see your pots and what is in them"
	case "pots:write":
		return "make and delete pots, and move money between them and your account"
	case "receipts:read":
		return "see the receipts that it has put on your transactions"
	case "receipts:write":
		return "put receipts on your transactions"
	case "attachments:write":
		return "attach pictures and documents to your transactions, and take them off again"
	case "webhooks:read":
		return "see which addresses of its own it has told of what happens, and when"
	case "webhooks:write":
		return "have addresses of its own told of what happens on your accounts"
	default:
		return ""
	}
}
