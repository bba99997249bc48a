package fakeapple

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	devicePath = "/3/device/"

	maxPayload     = 4096
	maxVoIPPayload = 5120
	maxCollapseID  = 64

	minDeviceHex = 64 // Today's length. Apple says that it may grow, to at most 100 bytes.
	maxDeviceHex = 200

	priorityImmediate = 10
	pushTypeAlert     = "alert"
)

var (
	pushTypes = []string{
		pushTypeAlert, "background", "complication", "controls", "fileprovider", "liveactivity", "location", "mdm",
		"pushtotalk", "voip", "widgets",
	}
	// The headers that steer a push, as net/http spells them.
	singleHeaders = []string{
		"Authorization", "Apns-Id", "Apns-Topic", "Apns-Collapse-Id", "Apns-Expiration", "Apns-Priority", "Apns-Push-Type",
	}
)

// readPush makes a delivery of a request, or says by which of Apple's rules it is refused. Apple does not document in
// which order it looks; here the sender is known before anything is said about a device or a payload.
func (s *Server) readPush(r *http.Request, now time.Time) (*Delivery, Reason) {
	device, reason := deviceOf(r)
	if reason != "" {
		return nil, reason
	}
	token, reason := s.authenticate(r, now)
	if reason != "" {
		return nil, reason
	}
	d := &Delivery{Device: device, ReceivedAt: now, Times: 1}
	if reason := readHeaders(d, r.Header); reason != "" {
		return nil, reason
	}
	if !slices.Contains(token.key.Topics, d.Topic) {
		return nil, TopicDisallowed
	}
	if !isDeviceToken(device) {
		return nil, BadDeviceToken
	}
	d.Payload, reason = readPayload(r, d.PushType)
	return d, reason
}

// deviceOf takes the request apart as far as its method and path go.
func deviceOf(r *http.Request) (string, Reason) {
	device, ok := strings.CutPrefix(r.URL.Path, devicePath)
	switch {
	case r.Method != http.MethodPost:
		return "", MethodNotAllowed
	case r.URL.Path == strings.TrimSuffix(devicePath, "/"), ok && device == "":
		return "", MissingDeviceToken
	case !ok || strings.Contains(device, "/"):
		return "", BadPath
	}
	return device, ""
}

func (s *Server) authenticate(r *http.Request, now time.Time) (*providerToken, Reason) {
	for _, name := range singleHeaders {
		if len(r.Header[name]) > 1 {
			return nil, DuplicateHeaders
		}
	}
	token, reason := s.verifier.check(first(r.Header, "Authorization"), now)
	if reason != "" {
		return nil, reason
	}
	if c, ok := r.Context().Value(connectionKey{}).(*connection); ok {
		reason = c.use(token, now)
	}
	return token, reason
}

// first is Header.Get for a name that is spelt as net/http spells it.
func first(header http.Header, name string) string {
	if values := header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func readHeaders(d *Delivery, header http.Header) Reason {
	d.ApnsID = first(header, "Apns-Id")
	d.Topic = first(header, "Apns-Topic")
	d.CollapseID = first(header, "Apns-Collapse-Id")
	switch {
	case d.ApnsID != "" && !isUUID(d.ApnsID):
		return BadMessageID
	case d.Topic == "":
		return MissingTopic
	case len(d.CollapseID) > maxCollapseID:
		return BadCollapseID
	}
	if reason := readExpiration(d, first(header, "Apns-Expiration")); reason != "" {
		return reason
	}
	return readPriority(d, first(header, "Apns-Push-Type"), first(header, "Apns-Priority"))
}

// readExpiration takes seconds since 1970. Zero and what has passed mean: try once. A phone here is always on, so that
// nothing ever expires.
func readExpiration(d *Delivery, text string) Reason {
	if text == "" {
		return ""
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return BadExpirationDate
	}
	if seconds > 0 {
		d.Expiration = time.Unix(seconds, 0).UTC()
	}
	return ""
}

// readPriority takes the type too, because a background push must not ask for priority 10.
func readPriority(d *Delivery, pushType, priority string) Reason {
	if d.PushType = pushType; pushType == "" {
		d.PushType = pushTypeAlert
	}
	if !slices.Contains(pushTypes, d.PushType) {
		return InvalidPushType
	}
	switch {
	case priority == "10" && d.PushType == "background":
		return BadPriority
	case priority == "" || priority == "10":
		d.Priority = priorityImmediate
	case priority == "5" || priority == "1":
		d.Priority = int(priority[0] - '0')
	default:
		return BadPriority
	}
	return ""
}

// readPayload reads at most one byte more than is allowed. What is not JSON counts as empty: Apple documents no reason
// for it.
func readPayload(r *http.Request, pushType string) (json.RawMessage, Reason) {
	limit := maxPayload
	if pushType == "voip" {
		limit = maxVoIPPayload
	}
	if r.ContentLength > int64(limit) {
		return nil, PayloadTooLarge
	}
	size := limit + 1
	if r.ContentLength >= 0 {
		size = int(r.ContentLength) // The book keeps it: not a byte more than needed.
	}
	payload := make([]byte, size)
	n, err := io.ReadFull(r.Body, payload)
	switch {
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, PayloadEmpty
	case n > limit:
		return nil, PayloadTooLarge
	case !json.Valid(payload[:n]):
		return nil, PayloadEmpty
	}
	return payload[:n:n], ""
}

func isDeviceToken(s string) bool {
	return len(s) >= minDeviceHex && len(s) <= maxDeviceHex && len(s)%2 == 0 && isHex(s)
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'f') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// isUUID tells the canonical form, 8-4-4-4-12, in either case: Apple itself makes upper case ones.
func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	return isHex(s[:8]) && isHex(s[9:13]) && isHex(s[14:18]) && isHex(s[19:23]) && isHex(s[24:])
}
