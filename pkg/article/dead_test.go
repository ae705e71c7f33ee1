package article

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDead_encodesEveryField(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 2, 17, 12, 0, 0, 0, time.UTC)
	d := Dead{
		Schema: DeadSchemaV1, Item: "k3w5q2zt7mbn4xv6pc2rhd5yla", Stage: StageIngest, Reason: "no_items", Class: ClassInput,
		Error: "the feed is empty", Attempts: 1, Source: "cli", Lane: Live, Received: &received,
		Origin: Origin{Stream: StreamInbox, Subject: "articles.inbox.cli", Seq: 7, Count: 1},
	}
	cases := []struct {
		name  string
		input []byte
		want  string
	}{
		{"text is shown as text", []byte("<feed/>"), `"text":"<feed/>","input_base64":null,"blob":null}`},
		{"other bytes are shown in base64", []byte{0xff, 0xd8}, `"text":null,"input_base64":"/9g=","blob":null}`},
		{"an empty input is an empty text", nil, `"text":"","input_base64":null,"blob":null}`},
	}
	const head = `{"schema":"copydesk.dead/1","item":"k3w5q2zt7mbn4xv6pc2rhd5yla","stage":"ingest","reason":"no_items","class":"input",` +
		`"error":"the feed is empty","attempts":1,"origin":{"stream":"ARTICLES_INBOX","subject":"articles.inbox.cli","seq":7,"index":0,"count":1},` +
		`"source":"cli","lane":"live","received":"2026-02-17T12:00:00Z",`
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := d
			d.SetInput(c.input)
			got, err := d.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(head+c.want, string(got)); diff != "" {
				t.Errorf("wrapper (-want +got):\n%s", diff)
			}
			back, err := DecodeDead(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&d, back); diff != "" {
				t.Errorf("decoded again (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDead_inABlobHasNoInput(t *testing.T) {
	t.Parallel()
	blob := "copydesk_blobs/9xK2"
	b, err := (&Dead{Schema: DeadSchemaV1, Blob: &blob, Unknown: Unknown(`{"x":1}`)}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":"copydesk.dead/1","item":"","stage":"","reason":"","class":"","error":"","attempts":0,` +
		`"origin":{"stream":"","subject":"","seq":0,"index":0,"count":0},"source":"","lane":"","received":null,` +
		`"text":null,"input_base64":null,"blob":"copydesk_blobs/9xK2","x":1}`
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Errorf("wrapper (-want +got):\n%s", d)
	}
}
