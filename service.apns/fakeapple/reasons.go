package fakeapple

import "net/http"

// Reason is why a push was refused, in the words of Apple's documentation. The empty Reason is acceptance.
type Reason string

// The reasons which the fake gives by itself or on demand.
const (
	BadCollapseID               Reason = "BadCollapseId"
	BadDeviceToken              Reason = "BadDeviceToken"
	BadExpirationDate           Reason = "BadExpirationDate"
	BadMessageID                Reason = "BadMessageId"
	BadPath                     Reason = "BadPath"
	BadPriority                 Reason = "BadPriority"
	DeviceTokenNotForTopic      Reason = "DeviceTokenNotForTopic"
	DuplicateHeaders            Reason = "DuplicateHeaders"
	ExpiredProviderToken        Reason = "ExpiredProviderToken"
	ExpiredToken                Reason = "ExpiredToken"
	Forbidden                   Reason = "Forbidden"
	InternalServerError         Reason = "InternalServerError"
	InvalidProviderToken        Reason = "InvalidProviderToken"
	InvalidPushType             Reason = "InvalidPushType"
	MethodNotAllowed            Reason = "MethodNotAllowed"
	MissingDeviceToken          Reason = "MissingDeviceToken"
	MissingProviderToken        Reason = "MissingProviderToken"
	MissingTopic                Reason = "MissingTopic"
	PayloadEmpty                Reason = "PayloadEmpty"
	PayloadTooLarge             Reason = "PayloadTooLarge"
	ServiceUnavailable          Reason = "ServiceUnavailable"
	Shutdown                    Reason = "Shutdown"
	TooManyProviderTokenUpdates Reason = "TooManyProviderTokenUpdates"
	TooManyRequests             Reason = "TooManyRequests"
	TopicDisallowed             Reason = "TopicDisallowed"
	Unregistered                Reason = "Unregistered"
)

// Two faults that Apple has no word for. They are for Inject only and are never sent.
const (
	Hang       Reason = "hang"        // Nothing is delivered and no answer comes until the sender gives up.
	LostAnswer Reason = "lost_answer" // The push is delivered, then the stream is reset in place of an answer.
)

// statuses is Apple's table of response error strings.
var statuses = map[Reason]int{
	BadCollapseID:               http.StatusBadRequest,
	BadDeviceToken:              http.StatusBadRequest,
	BadExpirationDate:           http.StatusBadRequest,
	BadMessageID:                http.StatusBadRequest,
	BadPath:                     http.StatusNotFound,
	BadPriority:                 http.StatusBadRequest,
	DeviceTokenNotForTopic:      http.StatusBadRequest,
	DuplicateHeaders:            http.StatusBadRequest,
	ExpiredProviderToken:        http.StatusForbidden,
	ExpiredToken:                http.StatusGone,
	Forbidden:                   http.StatusForbidden,
	InternalServerError:         http.StatusInternalServerError,
	InvalidProviderToken:        http.StatusForbidden,
	InvalidPushType:             http.StatusBadRequest,
	MethodNotAllowed:            http.StatusMethodNotAllowed,
	MissingDeviceToken:          http.StatusBadRequest,
	MissingProviderToken:        http.StatusForbidden,
	MissingTopic:                http.StatusBadRequest,
	PayloadEmpty:                http.StatusBadRequest,
	PayloadTooLarge:             http.StatusRequestEntityTooLarge,
	ServiceUnavailable:          http.StatusServiceUnavailable,
	Shutdown:                    http.StatusServiceUnavailable,
	TooManyProviderTokenUpdates: http.StatusTooManyRequests,
	TooManyRequests:             http.StatusTooManyRequests,
	TopicDisallowed:             http.StatusBadRequest,
	Unregistered:                http.StatusGone,
}
