package handler

import (
	"context"
	"encoding/hex"
	"strings"

	"farthing/pkg/errs"
	"farthing/service.apns/apple"
	apnsproto "farthing/service.apns/proto"
	"farthing/service.apns/storage"
)

// The lengths of Apple's device tokens, in hexadecimal digits. Apple says that they vary and may grow.
const (
	tokenDigitsMin = 64
	tokenDigitsMax = 200
)

// RegisterDevice binds a phone to a customer. Repeating it is harmless.
func (h *Handler) RegisterDevice(
	ctx context.Context, req *apnsproto.RegisterDeviceRequest,
) (*apnsproto.RegisterDeviceResponse, error) {
	token := strings.ToLower(req.GetDeviceToken()) // However it is spelt, it is one phone.
	switch {
	case req.GetUserId() == "":
		return nil, errs.MissingParam("user_id")
	case token == "":
		return nil, errs.MissingParam("device_token")
	case len(token) < tokenDigitsMin || len(token) > tokenDigitsMax || !isBytes(token):
		return nil, errs.BadParam("device_token", "must be 64 to 200 hexadecimal digits, two for each byte")
	}
	device, err := h.devices.Register(ctx, req.GetUserId(), apple.DeviceToken(token), storage.Moment{
		Real: h.real.Now(), Business: h.clock.Now(),
	})
	if err != nil {
		return nil, err
	}
	return &apnsproto.RegisterDeviceResponse{DeviceId: device}, nil
}

// isBytes tells whether a text is bytes in hexadecimal digits.
func isBytes(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil
}
