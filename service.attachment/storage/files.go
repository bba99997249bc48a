package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
)

// Attachments is files and attachments.
type Attachments struct {
	keyspace    *store.Keyspace
	files       store.Conditional[fileRow]
	attachments store.Plain[attachmentRow]
	months      store.Plain[monthRow]
	places      store.Plain[placeRow]
	keys        *datakeys.Keys
	due         *worklist.List
}

// New is the files and attachments in a keyspace, whose customers' keys are wrapped under a ring.
func New(k *store.Keyspace, ring *seal.Keyring) *Attachments {
	return &Attachments{
		k, filesTable.On(k), attachmentsTable.On(k), monthsTable.On(k), placesTable.On(k),
		datakeys.New(keysTable, k, ring), worklist.New(dueTable, k),
	}
}

// Due lists what is to be looked at, and when: Listed reads it.
func (s *Attachments) Due() *worklist.List { return s.due }

// Listed is the file that an item is about, and the attempt to upload it; the latter is empty if it is the file itself.
func Listed(item worklist.Item) (file, attempt string) {
	file, attempt, _ = strings.Cut(item.Name, "/")
	return file, attempt
}

// List lists a file, or an attempt to upload it.
func (s *Attachments) List(ctx context.Context, at time.Time, file, attempt string) error {
	if err := s.due.Add(ctx, at, file+"/"+attempt); err != nil {
		return fmt.Errorf("listing a file: %w", err)
	}
	return nil
}

// StrikeOff takes off the list what was listed under the same time. Repeating it is harmless.
func (s *Attachments) StrikeOff(ctx context.Context, at time.Time, file, attempt string) error {
	return s.due.Remove(ctx, at, file+"/"+attempt)
}

// Key is the key of a customer, under which a file's pieces are sealed: not_found.customer of one who was forgotten.
func (s *Attachments) Key(ctx context.Context, user string) (*seal.DataKey, error) {
	return s.keys.Key(ctx, user)
}

// InsertFile writes a new file. It is listed before, so that it is found if nobody ever attaches it.
func (s *Attachments) InsertFile(ctx context.Context, f logic.File) error {
	key, err := s.keys.Ensure(ctx, f.User)
	if err != nil {
		return err
	}
	if err := s.List(ctx, f.Created.Add(logic.AttachWithin), f.ID, ""); err != nil {
		return err
	}
	f.Version = 1
	row, err := rowOf(f, key)
	if err != nil {
		return err
	}
	_, err = s.files.Batch(f.ID).IfNull("version").SetStatics(row).InsertNew(changeOf(f, f.Created)).Apply(ctx)
	if err != nil {
		return fmt.Errorf("writing a file: %w", err)
	}
	return nil
}

// FindFile is a file, and whether there is one: not one whose customer was forgotten. It decides.
func (s *Attachments) FindFile(ctx context.Context, file string) (logic.File, bool, error) {
	row, found, err := s.files.In(file).Statics(ctx, store.Latest)
	if err != nil || !found {
		return logic.File{}, false, err
	}
	f := fileOf(row, file)
	if f.State == logic.Removed {
		return f, true, nil
	}
	said, ok, err := s.unsealed(ctx, f.User, row.Personal, file)
	f.Name, f.Secret = said.GetFileName(), said.GetSecret()
	return f, ok && err == nil, err
}

// FileState is a file without what is personal, whoever was forgotten: for those who clear up.
func (s *Attachments) FileState(ctx context.Context, file string) (logic.File, bool, error) {
	row, found, err := s.files.In(file).Statics(ctx, store.Latest)
	return fileOf(row, file), found, err
}

// ChangeFile writes a file's next state, and tells whether it did: false if somebody else has changed it since.
func (s *Attachments) ChangeFile(ctx context.Context, was, next logic.File, now time.Time) (bool, error) {
	next.Version = was.Version + 1
	row := statics(next)
	changed := []string{"version", "state", "attempt", "bytes", "sum", "attachment", "account", "transaction", "said_type"}
	if next.State == logic.Removed {
		changed = append(changed, "personal") // With nothing.
	}
	answer, err := s.files.Batch(was.ID).If("version", was.Version).SetStatics(row, changed...).
		InsertNew(changeOf(next, now)).Apply(ctx)
	if err != nil {
		return false, fmt.Errorf("changing a file: %w", err)
	}
	return answer.OK, nil
}

func rowOf(f logic.File, key *seal.DataKey) (fileRow, error) {
	row := statics(f)
	var err error
	row.Personal, err = sealed(key, &attachmentproto.Personal{FileName: f.Name, Secret: f.Secret}, f.ID)
	return row, err
}

// statics is a file's row without what is personal.
func statics(f logic.File) fileRow {
	return fileRow{
		Version: f.Version, User: f.User, Kind: f.Kind, Declared: f.Declared, Store: f.Store, CreatedAt: f.Created,
		State: int64(f.State), Attempt: f.Attempt, Bytes: f.Bytes, Sum: f.SHA256, Attachment: f.Attachment.ID,
		Account: f.Attachment.Account, Transaction: f.Attachment.Transaction, SaidType: f.Attachment.Type,
	}
}

func changeOf(f logic.File, at time.Time) fileRow {
	return fileRow{Revision: f.Version, At: at, NewState: int64(f.State)}
}

func fileOf(row fileRow, file string) logic.File {
	f := logic.File{
		ID: file, User: row.User, Kind: row.Kind, Declared: row.Declared, Store: row.Store, Created: row.CreatedAt,
		State: logic.State(row.State), Attempt: row.Attempt, Bytes: row.Bytes, SHA256: row.Sum, Version: row.Version,
	}
	if row.Attachment != "" {
		f.Attachment = logic.Attachment{
			ID: row.Attachment, User: row.User, Account: row.Account, Transaction: row.Transaction, Type: row.SaidType,
			File: file,
		}
	}
	return f
}

// place binds what is sealed to the file or the attachment that it is about.
func place(of string) []byte { return []byte("attachment.personal/" + of) }

func sealed(key *seal.DataKey, said *attachmentproto.Personal, of string) ([]byte, error) {
	plain, err := proto.Marshal(said)
	if err != nil {
		return nil, fmt.Errorf("marshalling what is personal: %w", err)
	}
	return key.Seal(plain, place(of)), nil
}

// unsealed is what is personal of a file or an attachment; false if its customer was forgotten.
func (s *Attachments) unsealed(ctx context.Context, user string, sealed []byte, of string) (
	*attachmentproto.Personal, bool, error,
) {
	key, err := s.keys.Key(ctx, user)
	if errs.Is(err, errs.NotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	said, err := unsealWith(key, sealed, of)
	return said, err == nil, err
}

func unsealWith(key *seal.DataKey, sealed []byte, of string) (*attachmentproto.Personal, error) {
	plain, err := key.Open(sealed, place(of))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", of, err)
	}
	said := &attachmentproto.Personal{}
	if proto.Unmarshal(plain, said) != nil { // Its words might quote what it reads.
		return nil, errs.Newf(errs.Internal, "what is personal of %s is not what was stored", of)
	}
	return said, nil
}
