package extract

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

const mailHeader = "Return-Path: <desk@harbour.example>\r\nFrom: \"Harbour Wire\" <desk@harbour.example>\r\nTo: editor@paper.example, other@paper.example\r\nCc: third@paper.example\r\n" +
	"Date: Mon, 05 Oct 2026 08:30:00 +0200 (MESZ)\r\nSubject: Fwd: =?iso-8859-1?Q?Harbour_strike_in_Gro=DFhafen?=\r\nMIME-Version: 1.0\r\n"

func mixedMail(t testing.TB) string {
	return mailHeader + "Content-Type: multipart/mixed; boundary=\"out\"\r\n\r\npreamble\r\n" +
		"--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n" +
		"--in\r\nContent-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
		"To: secret@paper.example\r\n\r\nDock workers stay away for a second week, caf=E9s close.\r\n\r\nTalks go on.\r\n-- \r\nHarbour Wire, Pier 7\r\n" +
		"--in\r\nContent-Type: text/html\r\n\r\n<p>Dock workers stay away for a second week, caf&eacute;s close.</p><p>Talks go on.</p>\r\n--in--\r\n" +
		"--out\r\nContent-Type: image/png\r\nContent-Disposition: inline; filename=logo.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n" +
		"--out\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"../talks.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte(zipped(t, "talks.txt", prose))) + "\r\n" +
		"--out\r\nContent-Type: message/rfc822\r\n\r\nFrom: jan@harbour.example\r\nDate: Sun, 04 Oct 2026 10:00:00 EST\r\nSubject: Talks fail\r\n\r\nThe talks failed on Sunday.\r\n" +
		"--out--\r\n"
}

func TestMail(t *testing.T) {
	t.Parallel()
	plain := mailHeader + "Content-Type: text/plain; charset=utf-8\r\n\r\nDock workers stay away for a second week.\r\n"
	stub := mailHeader + "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nYour program cannot show this.\r\n--b\r\nContent-Type: text/html\r\n\r\n" +
		"<html><head><style>p {}</style></head><body><p>" + prose + "</p><p>Talks go on.</p></body></html>\r\n--b--\r\n"
	mailText := `type: message/rfc822
kind: mail
headline: Harbour strike in Großhafen
byline: Harbour Wire
published: 2026-10-05T06:30:00Z
`
	checkFormats(t, []formatCase{
		{"plain text", plain, mailText + "text: Dock workers stay away for a second week.\n"},
		{"HTML beside a stub", stub, mailText + "text: " + prose + " / Talks go on.\n"},
		{"attachments are items, a logo is not", mixedMail(t), mailText + `warnings: parts_left_out
removed by mail_recipients: (recipients)
removed by mail_signature: Harbour Wire, Pier 7
text: Dock workers stay away for a second week, cafés close. / Talks go on.
--
path: talks.zip > talks.txt
type: text/plain
text: ` + prose + `
--
path: attachment 2
type: message/rfc822
kind: mail
headline: Talks fail
published: 2026-10-04T15:00:00Z
text: The talks failed on Sunday.
`},
		{"a mailbox", "From desk Mon Oct  5 08:30:00 2026\n" + strings.ReplaceAll(plain, "\r", "") + ">From now on.\n\nFrom jan@harbour.example Mon Oct  5 09:30:00 2026\nFrom: Jan Roe <jan@harbour.example>\nDate: bad\nSubject: Talks\n\nTalks go on.\n", `
path: mail 1
` + mailText + `text: Dock workers stay away for a second week. / From now on.
--
path: mail 2
type: message/rfc822
kind: mail
headline: Talks
byline: Jan Roe
warnings: published_unreadable
text: Talks go on.
`},
		{"padding before the header", "   \r\n\r\n" + plain, mailText + "text: Dock workers stay away for a second week.\n"},
	})
}

func TestMail_keepsNoRecipients(t *testing.T) {
	t.Parallel()
	items, err := File(t.Context(), []byte(mixedMail(t)), Hints{Received: received}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if s := fmt.Sprintf("%+v %s", item.Article, summaryOf(item.Article)); strings.Contains(s, "paper.example") {
			t.Errorf("a recipient is in the record: %s", s)
		}
	}
}

func TestMail_hostile(t *testing.T) {
	t.Parallel()
	var nested strings.Builder
	nested.WriteString(mailHeader)
	for i := range 10_000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=\"b%d\"\r\n\r\n--b%d\r\n", i, i)
	}
	many := mailHeader + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 200_000) + "--b--\r\n"
	bomb := mailHeader + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; filename=a.gz\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte(gzipped(t, strings.Repeat("\x00", 16<<20)))) + "\r\n--b--\r\n"
	for _, tc := range []struct{ name, data, code string }{
		{"10,000 nested parts", nested.String(), CodeDepth},
		{"200,000 parts", many, CodeTooMany},
		{"a header of 9 MB", "From: a@b.example\r\nDate: x\r\nSubject: " + strings.Repeat("x", 9<<20) + "\r\n\r\nText.\r\n", CodeMalformed},
		{"a bomb in an attachment", bomb, CodeBomb},
		{"an encrypted mail", mailHeader + "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nVersion: 1\r\n--b--\r\n", CodeEncrypted},
		{"a PGP message", mailHeader + "\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n", CodeEncrypted},
		{"a mail of a picture", mailHeader + "Content-Type: image/png\r\n\r\nx\r\n", CodeNoItems},
		{"no text", mailHeader + "\r\n\r\n", CodeNoText},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := File(t.Context(), []byte(tc.data), Hints{}, Limits{})
			if got := codeOf(t, err); got != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
		})
	}
	t.Run("mails in mails end with the layers", func(t *testing.T) {
		t.Parallel()
		data := "From: a@b.example\r\nDate: x\r\n\r\nInnermost text of them all.\r\n"
		for range 8 {
			data = "From: a@b.example\r\nDate: x\r\nContent-Type: message/rfc822\r\n\r\n" + data
		}
		_, err := File(t.Context(), []byte(data), Hints{}, Limits{})
		if got := codeOf(t, err); got != CodeDepth {
			t.Errorf("got %v, want depth", err)
		}
	})
}
