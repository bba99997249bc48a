package handler

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/service.attachment/blobs/blobstest"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
)

// started is service.attachment with settings, on a store in memory, and what kept it from starting.
func started(t *testing.T, settings map[string]string, egress *blobstest.Cloud) (*bank, error) {
	t.Helper()
	clk := clock.StartingAt(noon)
	kept, err := foundation.OpenEmbedded(foundation.EmbeddedOptions{
		Memory: true, Clock: clk, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	options := kept.Options([]foundation.Service{Service})
	options.KeyDir, options.CreateKeys, options.Settings = t.TempDir(), true, settings
	options.Egress = egress.Config().Dial
	process, err := kept.Start(t.Context(), options)
	t.Cleanup(func() {
		stop := error(nil)
		if process != nil {
			stop = process.Stop(context.Background())
		}
		if err := errors.Join(stop, kept.Close()); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		return nil, err
	}
	connection, err := process.Dial("service.api", Service.Name)
	if err != nil {
		t.Fatal(err)
	}
	return &bank{api: attachmentproto.NewAttachmentsClient(connection)}, nil
}

func TestWithAnObjectStoreTheBytesAreThereAndNowhereElse(t *testing.T) {
	cloud := blobstest.NewCloud(t)
	b, err := started(t, cloud.Settings(t, t.TempDir()), cloud)
	if err != nil {
		t.Fatalf("starting: %v", err)
	}
	file := picture(logic.PieceBytes + 1)
	begun := b.uploaded(t, file)
	if got, err := b.read(t, begun.GetFileToken()); err != nil || !bytes.Equal(got, file) {
		t.Errorf("there are %d bytes, %v", len(got), err)
	}
	if n := cloud.Objects(t); n != 2 || cloud.Dialled.Load() == 0 {
		t.Errorf("there are %d objects", n)
	}
	attached, err := b.register(t, registering(begun.GetFileToken(), transaction("lunch")))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.deregister(t, attached.GetId()); err != nil || cloud.Objects(t) != 0 {
		t.Errorf("once it is off: %d objects, %v", cloud.Objects(t), err)
	}
}

func TestSettingsOfAnObjectStoreThatCannotWorkStopTheStart(t *testing.T) {
	cloud := blobstest.NewCloud(t)
	for name, value := range map[string]string{
		"BUCKET": "", "REGION": "", "ENDPOINT": "s3.example.com", "KEY_FILE": "/nowhere", "SECRET_FILE": "/nowhere",
		"CA_FILE": "/dev/null",
	} {
		settings := cloud.Settings(t, t.TempDir())
		settings["FARTHING_ATTACHMENT_S3_"+name] = value
		if _, err := started(t, settings, cloud); err == nil || !strings.Contains(err.Error(), "FARTHING_ATTACHMENT_S3_") {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}
