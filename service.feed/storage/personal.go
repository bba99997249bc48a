package storage

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	feedproto "farthing/service.feed/proto"
)

// place binds sealed texts to their item, so that they open in no other.
func place(itemID string) []byte { return []byte("feed.texts/" + itemID) }

// sealed is an item as it is kept: a personal one without its texts, and these under its user's key.
func (s *Items) sealed(ctx context.Context, item *feedproto.Item) (kept *feedproto.Item, texts []byte, err error) {
	if !item.GetPersonal() {
		return item, nil, nil
	}
	plain, err := proto.Marshal(&feedproto.Item{Title: item.GetTitle(), Body: item.GetBody()})
	if err != nil {
		return nil, nil, fmt.Errorf("marshalling texts: %w", err)
	}
	key, err := s.keys.Ensure(ctx, item.GetUserId())
	if err != nil {
		return nil, nil, err
	}
	kept = proto.CloneOf(item)
	kept.Title, kept.Body = "", ""
	return kept, key.Seal(plain, place(item.GetId())), nil
}

// forgotten is the title of an item whose user was.
const forgotten = "Somebody"

// unseal puts the texts of a personal item back. Keys are the ones that were fetched already, and grow.
func (s *Items) unseal(
	ctx context.Context, item *feedproto.Item, texts []byte, keys map[string]*seal.DataKey,
) error {
	if !item.GetPersonal() {
		return nil
	}
	key, known := keys[item.GetUserId()]
	if !known {
		var err error
		if key, err = s.keys.Key(ctx, item.GetUserId()); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		keys[item.GetUserId()] = key
	}
	if key == nil {
		item.Title = forgotten
		return nil
	}
	plain, err := key.Open(texts, place(item.GetId()))
	if err != nil {
		return fmt.Errorf("opening %s: %w", item.GetId(), err)
	}
	var shown feedproto.Item
	if proto.Unmarshal(plain, &shown) != nil { // Its words might quote what it reads.
		return errs.Newf(errs.Internal, "the texts of %s are not what was stored", item.GetId())
	}
	item.Title, item.Body = shown.GetTitle(), shown.GetBody()
	return nil
}
