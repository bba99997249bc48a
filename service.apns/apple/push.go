package apple

import (
	"encoding/json"
	"log/slog"
	"time"

	"farthing/pkg/errs"
)

const (
	maxPayload   = 4096
	minDeviceHex = 64
	maxDeviceHex = 200 // Apple: at most 100 bytes.
)

// DeviceToken addresses one app on one phone. However it is printed, logged or marshalled it comes out masked:
// string(token) is the only way to its text.
type DeviceToken string

const masked = "device-token:****"

// String is a mask.
func (DeviceToken) String() string { return masked }

// GoString is a mask.
func (DeviceToken) GoString() string { return masked }

// LogValue is a mask.
func (DeviceToken) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText is a mask.
func (DeviceToken) MarshalText() ([]byte, error) { return []byte(masked), nil }

func (t DeviceToken) valid() bool {
	if len(t) < minDeviceHex || len(t) > maxDeviceHex || len(t)%2 != 0 {
		return false
	}
	for i := range len(t) {
		if c := t[i] | 0x20; (c < 'a' || c > 'f') && (t[i] < '0' || t[i] > '9') {
			return false
		}
	}
	return true
}

// Push is one notification for one phone. Sending it again with the same CollapseID changes nothing that its owner
// can see, so an unknown outcome is resolved by a repeat.
type Push struct {
	Device     DeviceToken
	ApnsID     string          // A UUID, echoed by Apple; empty lets Apple make one.
	CollapseID string          // At most 64 bytes: the phone shows only the last push of each.
	Expiration time.Time       // Apple tries until then, to the second; zero is Apple's own limit.
	Payload    json.RawMessage // At most 4096 bytes.
	Priority   int             // 10 (now) or 5 (when it suits the battery); zero is 10.
}

// refused answers what Apple would, for what can be told without asking. It also keeps text that is not a device
// token out of a URL, and so out of the errors that quote URLs.
func (p Push) refused() (reason string, err error) {
	switch {
	case !p.Device.valid():
		return ReasonBadDeviceToken, nil
	case len(p.Payload) > maxPayload:
		return ReasonPayloadTooLarge, nil
	case !json.Valid(p.Payload):
		return "", errs.BadParam("payload", "must be JSON")
	}
	return "", nil
}
