package balanceproto

import "strings"

const reasonPrefix = "DECLINE_REASON_"

// ReasonText is a decline's reason as other services know it, "insufficient_funds"; empty for none.
func ReasonText(reason DeclineReason) string {
	if reason == DeclineReason_DECLINE_REASON_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(reason.String(), reasonPrefix))
}

// ReasonOf is the reverse of ReasonText, and whether there is such a reason.
func ReasonOf(text string) (DeclineReason, bool) {
	if text == "" {
		return DeclineReason_DECLINE_REASON_UNSPECIFIED, true
	}
	number, ok := DeclineReason_value[reasonPrefix+strings.ToUpper(text)]
	reason := DeclineReason(number)
	return reason, ok && ReasonText(reason) == text
}
