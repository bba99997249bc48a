package apple

import (
	"net/http"
	"time"

	"github.com/sideshow/apns2"
)

// Outcome is what became of a push.
type Outcome int

// The outcomes.
const (
	Delivered    Outcome = iota + 1 // Apple has accepted it.
	Unregistered                    // The app is gone from the phone: forget the device token if older than Since.
	Rejected                        // It can never be delivered as it is.
	Retry                           // Not now: the same push again, at the earliest After from now.
)

// String is the outcome as a metric's label.
func (o Outcome) String() string {
	switch o {
	case Delivered:
		return "delivered"
	case Unregistered:
		return "unregistered"
	case Rejected:
		return "rejected"
	case Retry:
		return "retry"
	}
	return "unknown"
}

// Result is Apple's answer to a push.
type Result struct {
	Outcome Outcome
	ApnsID  string        // As sent, or made by Apple. Empty if Apple was not asked.
	Reason  string        // Apple's word; empty if delivered. It is safe as a metric's label.
	Since   time.Time     // Unregistered only: when Apple last knew the token to be dead, cut to the second.
	After   time.Duration // Retry only: the least to wait. Back off from it if it happens again.
}

// The reasons that callers may want to tell apart.
const (
	ReasonBadDeviceToken  = apns2.ReasonBadDeviceToken
	ReasonPayloadTooLarge = apns2.ReasonPayloadTooLarge
)

// Least waits before a repeat. Apple sends none.
const (
	afterCrowding    = time.Second // One phone got too much, or Apple has a bad moment.
	afterMisfortune  = time.Minute // Our key or topic is refused: only an engineer can help, and no push is to blame.
	afterNewerBearer = 0           // The next push carries a fresh provider token.
)

// resultOf is Apple's answer in our words.
func resultOf(rsp *apns2.Response) Result {
	r := Result{ApnsID: rsp.ApnsID, Reason: known(rsp)}
	switch {
	case rsp.Sent():
		r.Outcome = Delivered
	case rsp.StatusCode == http.StatusGone:
		r.Outcome, r.Since = Unregistered, rsp.Timestamp.UTC()
	case rsp.Reason == apns2.ReasonExpiredProviderToken:
		r.Outcome, r.After = Retry, afterNewerBearer
	case isOurFault(rsp):
		r.Outcome, r.After = Retry, afterMisfortune
	case rsp.StatusCode == http.StatusTooManyRequests || rsp.StatusCode >= http.StatusInternalServerError ||
		rsp.Reason == apns2.ReasonIdleTimeout:
		r.Outcome, r.After = Retry, afterCrowding
	default:
		r.Outcome = Rejected
	}
	return r
}

// isOurFault tells a refusal of the sender from one of the push. A push must not be dropped because a key or a topic
// is set up wrongly: it waits, and the reason in the metric calls somebody.
func isOurFault(rsp *apns2.Response) bool {
	switch rsp.Reason {
	case apns2.ReasonTooManyProviderTokenUpdates, apns2.ReasonMissingTopic, apns2.ReasonTopicDisallowed,
		apns2.ReasonBadTopic:
		return true
	}
	return rsp.StatusCode == http.StatusForbidden
}

// maxReason bounds what a strange server can put into a metric's label.
const maxReason = 40

func known(rsp *apns2.Response) string {
	switch {
	case rsp.Sent():
		return ""
	case rsp.Reason == "" || len(rsp.Reason) > maxReason:
		return "Unknown"
	}
	return rsp.Reason
}
