package handler

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.merchant/catalogue"
	"farthing/service.merchant/logic"
	merchantproto "farthing/service.merchant/proto"
)

func newHandler(t *testing.T) *Handler {
	t.Helper()
	brands, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	return &Handler{resolver: logic.NewResolver(brands)}
}

func resolve(t *testing.T, h *Handler, descriptor, mcc string) *merchantproto.Merchant {
	t.Helper()
	rsp, err := h.Resolve(t.Context(), &merchantproto.ResolveRequest{Descriptor_: descriptor, Mcc: mcc})
	if err != nil {
		t.Fatalf("resolving %q: %v", descriptor, err)
	}
	return rsp.GetMerchant()
}

func TestABrandIsAnsweredWithEverythingKnownOfIt(t *testing.T) {
	got := resolve(t, newHandler(t), "PRET A MANGER 1234 LONDON GBR", "5814")
	switch {
	case got.GetName() != "Pret A Manger" || !got.GetKnown() || got.GetCategory() != "eating_out":
		t.Errorf("it is %v", got)
	case got.GetCity() != "London" || got.GetCountry() != "GB" || got.GetEmoji() == "":
		t.Errorf("it is %v", got)
	case !strings.HasPrefix(got.GetId(), "merch_") || !strings.HasPrefix(got.GetGroupId(), "grp_"):
		t.Errorf("its ids are %s and %s", got.GetId(), got.GetGroupId())
	}
}

func TestAnyDescriptorHasAMerchantAndARepeatTheSame(t *testing.T) {
	h := newHandler(t)
	for _, descriptor := range []string{
		"ZZYZX WIDGETS 00042 NOWHERE XXX", " ", "*", "👩‍👩‍👧", "\x00", "GBR", strings.Repeat("X", 10_000), "SQ *",
	} {
		first, again := resolve(t, h, descriptor, ""), resolve(t, h, descriptor, "")
		if first.GetId() == "" || first.GetName() == "" || first.GetCategory() == "" || !proto.Equal(first, again) {
			t.Errorf("%.20q is %v, then %v", descriptor, first, again)
		}
		if first.GetId() == id.Hash("merch", "") {
			t.Errorf("%.20q is the merchant of nothing", descriptor)
		}
	}
}

func TestNoDescriptorIsRefused(t *testing.T) {
	_, err := newHandler(t).Resolve(t.Context(), &merchantproto.ResolveRequest{Mcc: "5814"})
	if !errs.Is(err, "bad_request.missing_param.descriptor") {
		t.Fatalf("got %v", err)
	}
}
