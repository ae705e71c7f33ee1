package extract

import (
	"fmt"
	"strings"
	"testing"
)

const markdownSample = `---
title: "Harbour strike goes on"
author: Mira Voss
date: 2026-10-05T08:30:00Z
tags: [strike, harbour]
lang: en
---
# Harbour strike goes on

Dock workers **stay away** for a
[second week](https://harbour.example/2).

![Ships](ships.jpg)

> Talks go on &amp; on, the union said.

* First item
* Second item

## What is next

A vote.
`

// docx and odt make documents of the XML of their bodies.
func docx(t testing.TB, body, about string) string {
	return zipped(t, "[Content_Types].xml", "<Types/>", "word/document.xml",
		`<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="m"><w:body>`+body+`</w:body></w:document>`,
		"docProps/core.xml", `<cp:coreProperties xmlns:cp="c" xmlns:dc="d">`+about+`</cp:coreProperties>`)
}

func odt(t testing.TB, body string) string {
	return zipped(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml",
		`<office:document-content xmlns:office="o" xmlns:text="t"><office:body><office:text>`+body+`</office:text></office:body></office:document-content>`,
		"meta.xml", `<office:document-meta xmlns:office="o" xmlns:dc="d"><dc:title>Harbour strike goes on</dc:title></office:document-meta>`)
}

func wordParagraph(style, text string) string {
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

func warcRecords(records ...string) string {
	var b strings.Builder
	for i := 0; i < len(records); i += 2 {
		fmt.Fprintf(&b, "WARC/1.1\r\n%s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", records[i], len(records[i+1]), records[i+1])
	}
	return b.String()
}

func warcSample() string {
	page := "<html><head><title>Harbour strike goes on</title></head><body><p>" + prose + "</p><p>" + prose + "</p></body></html>"
	chunked := fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 20, page[:20], len(page)-20, page[20:])
	return warcRecords(
		"WARC-Type: warcinfo", "software: crawler\r\n",
		"WARC-Type: request\r\nWARC-Target-URI: https://www.harbour.example/1", "GET /1 HTTP/1.1\r\n\r\n",
		"WARC-Type: response\r\nWARC-Target-URI: <https://www.harbour.example/1>", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"+chunked,
		"WARC-Type: response\r\nWARC-Target-URI: https://www.harbour.example/gone", "HTTP/1.1 404 Not Found\r\n\r\nGone.",
		"WARC-Type: response\r\nWARC-Target-URI: https://www.harbour.example/a.png", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG\x00",
		"WARC-Type: conversion\r\nWARC-Target-URI: https://www.harbour.example/2\r\nContent-Type: text/plain", "Talks go on.",
	)
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	word := wordParagraph("Title", "Harbour strike goes on") + wordParagraph("", "By Mira Voss") +
		`<w:p><w:r><w:t xml:space="preserve">Dock workers </w:t></w:r><w:del><w:r><w:delText>do not </w:delText></w:r></w:del><w:ins><w:r><w:t>stay away</w:t></w:r></w:ins><w:r><w:tab/><w:t>for a second week.</w:t></w:r>` +
		`<w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>A box.</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>A box.</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r></w:p>` +
		`<w:tbl><w:tr><w:tc>` + wordParagraph("", "Talks go on.") + `</w:tc></w:tr></w:tbl>`
	checkFormats(t, []formatCase{
		{"Markdown with front matter", markdownSample, `
type: text/markdown
headline: Harbour strike goes on
byline: Mira Voss
published: 2026-10-05T08:30:00Z
keywords: strike; harbour
removed by headline_echo: Harbour strike goes on
text: Dock workers stay away for a second week. / Talks go on & on, the union said. / First item / Second item / What is next / A vote.
`},
		{"Markdown by its marks", "# Harbour strike goes on\n\nDock workers stay away.\n\n## Next\n\nTalks go on.\n", `
type: text/markdown
headline: Harbour strike goes on
text: Dock workers stay away. / Next / Talks go on.
`},
		{"a number sign is not enough", "# 1 in the charts this week\n\n" + prose, `
type: text/plain
kind: brief
headline: # 1 in the charts this week
text: ` + prose + "\n"},
		{"Word, with a deletion and a text box", docx(t, word, "<dc:title>untitled</dc:title><cp:keywords>strike, harbour</cp:keywords>"), `
type: application/vnd.openxmlformats-officedocument.wordprocessingml.document
kind: document
headline: Harbour strike goes on
byline: Mira Voss
keywords: strike; harbour
text: Dock workers stay away for a second week. / A box. / Talks go on.
`},
		{"OpenDocument", odt(t, `<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p>Dock workers<text:s text:c="2"/>stay <text:span>away</text:span>.</text:p><text:p>Talks go on.<office:annotation><text:p>Really?</text:p></office:annotation></text:p>`), `
type: application/vnd.oasis.opendocument.text
kind: document
headline: Harbour strike goes on
text: Dock workers stay away. / Talks go on.
`},
		{"a web archive", gzipped(t, warcSample()), `
path: https://www.harbour.example/1
type: text/html
headline: Harbour strike goes on
url: https://www.harbour.example/1
warnings: parts_left_out
text: ` + prose + " / " + prose + `
--
path: https://www.harbour.example/2
type: text/plain
url: https://www.harbour.example/2
text: Talks go on.
`},
	})
}

func TestDocuments_hostile(t *testing.T) {
	t.Parallel()
	bomb := strings.Repeat("<w:p><w:r><w:t>xxxxxxxxxxxxxxxxxxxx</w:t></w:r></w:p>", 600_000)
	for _, tc := range []struct{ name, data, code string }{
		{"a Word document that is a bomb", docx(t, bomb, ""), CodeBomb},
		{"a Word document nested deep", docx(t, strings.Repeat("<w:p>", 1000), ""), CodeDepth},
		{"a Word document cut off", docx(t, "<w:p><w:r", ""), CodeMalformed},
		{"an empty Word document", docx(t, "<w:p/>", ""), CodeNoText},
		{"an OpenDocument text with a password", zipped(t, "content.xml", "x", "META-INF/manifest.xml", "<manifest:encryption-data/>"), CodeEncrypted},
		{"a spreadsheet", zipped(t, "xl/workbook.xml", "<x/>"), CodeUnsupported},
		{"a web archive cut off", warcSample()[:400], CodeMalformed},
		{"a web archive without pages", warcRecords("WARC-Type: warcinfo", "software: crawler\r\n"), CodeNoItems},
		{"a web archive with a length of its own", "WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 99999999999\r\n\r\nx", CodeMalformed},
		{"Markdown without text", "---\ndate: 2026-10-05\n---\n![x](y)\n", CodeNoText},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := File(t.Context(), []byte(tc.data), Hints{}, Limits{})
			if got := codeOf(t, err); got != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
		})
	}
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", 1<<20), "quotes": strings.Repeat("> ", 1<<19) + "a", "emphasis": strings.Repeat("*a ", 1<<18),
		"links": strings.Repeat("[a](b ", 1<<17), "lists": strings.Repeat("- ", 1<<19) + "a", "code": strings.Repeat("`a", 1<<18), "tables": "|a|b|\n|-|-|\n" + strings.Repeat("|", 1<<20),
	} {
		t.Run("Markdown of "+name, func(t *testing.T) {
			t.Parallel()
			items, err := File(t.Context(), []byte("# Heading\n\n"+text+"\n\nTalks go on."), Hints{Filename: "a.md"}, Limits{})
			if err != nil || items[0].Article == nil {
				t.Errorf("got %v, want an article", err)
			}
		})
	}
}
