module github.com/copydesk/copydesk/scripts

go 1.26.0
