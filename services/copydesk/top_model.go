package main

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/copydesk/copydesk/pkg/overview"
)

// topModel is what "copydesk top" knows. One look is under way at a time, and the next
// begins an interval after it ended, so a slow server is not asked faster than it
// answers.
type topModel struct {
	screen
	look    func() (*overview.Overview, error)
	looking bool
}

// Messages to the model: a look has ended, it is time for one.
type (
	looked struct {
		overview *overview.Overview
		err      error
	}
	due struct{ n int }
)

// Init implements tea.Model.
func (m *topModel) Init() tea.Cmd { return m.begin() }

func (m *topModel) begin() tea.Cmd {
	m.looking = true
	return func() tea.Msg {
		s, err := m.look()
		return looked{s, err}
	}
}

// Update implements tea.Model.
func (m *topModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q", "esc", "ctrl+c":
			return m, tea.Quit
		case "r":
			if !m.looking {
				m.looks++ // the one that is due is not
				return m, m.begin()
			}
		}
	case looked:
		m.looking = false
		m.looks++
		if m.err = msg.err; msg.err == nil {
			m.overview = msg.overview
		}
		n := m.looks
		return m, tea.Tick(m.interval, func(time.Time) tea.Msg { return due{n} })
	case due:
		if msg.n == m.looks && !m.looking {
			return m, m.begin()
		}
	}
	return m, nil
}

// View implements tea.Model.
func (m *topModel) View() tea.View {
	v := tea.NewView(m.draw())
	v.AltScreen = true
	v.WindowTitle = "copydesk top"
	return v
}
