import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { TimelineItem } from '../../../../client/sdk/index.ts'
import { widthOf } from '../../../../client/terminal/cells.ts'
import { emptyLine } from '../../../../client/terminal/input-line.ts'
import { layout, paneSize, type Size, type View } from '../../../../client/terminal/layout.ts'
import { textOfRow } from '../../../../client/terminal/rows.ts'
import { anchorTo, keyOf, scrolled, visibleRows, type TimelineView } from '../../../../client/terminal/timeline-rows.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { channelA, eventIdAt, sampleEvent } from '../samples.ts'

const noon = Date.UTC(2026, 10, 21, 12)

const said = (minute: number, user: string, body: string): TimelineItem => ({
  kind: 'event',
  event: sampleEvent({ ms: noon + minute * 60_000, position: minute + 1, user, body }),
})

const timelineOf = (items: readonly TimelineItem[], firstUnread?: string): TimelineView => ({
  user: 'alice',
  items,
  firstUnread,
  isOwn: (item) => item.kind === 'outgoing' || item.event.author.name === 'alice',
  zoneMinutes: () => 0,
})

const sampleView = (timeline: TimelineView, changes: Partial<View> = {}): View => ({
  user: 'alice',
  places: [
    { server: 'home', channel: 'general', topic: 'all of it', unread: 0 },
    { server: 'home', channel: 'random', topic: '', unread: 12 },
    { server: 'work', channel: 'general', topic: '', unread: 3 },
  ],
  current: 0,
  timeline,
  anchor: undefined,
  notices: [],
  state: { kind: 'online' },
  online: 2,
  pendingCount: 0,
  input: { ...emptyLine, before: 'typing' },
  question: undefined,
  ...changes,
})

const screenOf = (view: View, size: Size): string[] => layout(view, size).rows.map((row) => textOfRow(row).trimEnd())

describe('terminal layout', () => {
  const items = [
    said(0, 'bob', 'hello alice'),
    said(1, 'alice', 'hi'),
    said(2, 'bob', 'a longer message that has to be wrapped'),
  ]

  it('counts what is unread and what mentions me, of channels, DMs and threads, wide and narrow', () => {
    const places: View['places'] = [
      { server: 'home', channel: 'general', topic: '', unread: 0 },
      { server: 'home', channel: 'general', topic: '', unread: 2, mentions: 1, thread: 'who brings wood?' },
      { server: 'direct', channel: 'bob', topic: '', unread: 1_200, isDirect: true, status: 'idle' },
    ]
    const view = sampleView(timelineOf([]), { places })
    const wide = screenOf(view, { columns: 80, rows: 10 }).slice(1, 5)
    assert.deepEqual(
      wide.map((row) => row.split('│')[0]),
      [' #general           ', '   ↳ who bring… 2 @1', 'direct              ', ' @bob ◐         999+'],
    )
    const [narrow = ''] = screenOf(view, { columns: 50, rows: 10 })
    assert.match(narrow, /^1\/3 home\/#general {2}1202 unread elsewhere @1$/)
  })

  it('MSGS-7: shows edits, deletes, reactions, answers and what is not supported', () => {
    const [bob, ...others] = [
      said(0, 'bob', 'hello'),
      said(1, 'alice', 'hi'),
      said(2, 'bob', 'gone'),
      said(3, 'bob', 'x'),
    ].map((item) => (item.kind === 'event' ? item.event : assert.fail()))
    const [alice, gone, poll] = others
    assert.ok(bob && alice && gone && poll)
    const events = [
      {
        ...bob,
        body: 'hello there',
        edited: bob.time,
        reactions: [
          { emoji: '👍', count: 2, me: true as const },
          { emoji: ':x:', count: 1 },
        ],
      },
      { ...alice, replyTo: bob.id, replies: { count: 1, last: 0 } },
      { ...gone, body: undefined, deleted: true as const },
      { ...poll, type: 'poll', body: undefined, unsupported: true as const },
    ]
    const rows = visibleRows(timelineOf(events.map((event) => ({ kind: 'event', event }))), undefined, {
      width: 50,
      height: 20,
    })
    assert.deepEqual(
      rows.slice(1).map((row) => textOfRow(row).trimEnd()),
      [
        '12:00 bob hello there (edited)',
        '      👍 2*  :x: 1',
        '  ↱ bob: hello there (edited)',
        '12:01 alice hi',
        '      1 answer',
        '12:02 bob (deleted)',
        '12:03 bob (poll: not supported)',
      ],
    )
  })

  it('puts the list beside the timeline on a wide screen', () => {
    assert.deepEqual(screenOf(sampleView(timelineOf(items, keyOf(items[2]!))), { columns: 60, rows: 11 }), [
      'home           │#general  all of it',
      ' #general      │',
      ' #random     12│',
      'work           │── 2026-11-21 ──────────────────────────────',
      ' #general     3│12:00 bob hello alice',
      '               │12:01 alice hi',
      '               │── new ─────────────────────────────────────',
      '               │12:02 bob a longer message that has to be',
      '               │      wrapped',
      '● online · 2 here · alice · /help',
      '> typing',
    ])
  })

  it('shows one pane on a narrow screen, and what is unread elsewhere', () => {
    assert.deepEqual(screenOf(sampleView(timelineOf(items)), { columns: 36, rows: 9 }), [
      '1/3 home/#general  15 unread elsewh…',
      '',
      '── 2026-11-21 ──────────────────────',
      '12:00 bob hello alice',
      '12:01 alice hi',
      '12:02 bob a longer message that has',
      '      to be wrapped',
      '● online · 2 here · alice · /help',
      '> typing',
    ])
  })

  it('marks what is on its way, and says why a message failed', () => {
    const outgoing = { id: 'x', channel: channelA, text: 'on its way', timeMs: noon, state: 'pending' as const }
    const error = new HearthError('RATE_LIMITED', 'slow down')
    const screen = screenOf(
      sampleView(
        timelineOf([
          { kind: 'outgoing', outgoing },
          { kind: 'outgoing', outgoing: { ...outgoing, id: 'y', text: 'no', state: 'failed', error } },
        ]),
        { pendingCount: 1 },
      ),
      { columns: 59, rows: 9 },
    )
    assert.ok(screen.includes('12:00 alice on its way …'))
    assert.ok(screen.includes('12:00 alice no'))
    assert.ok(screen.includes('  ✗ not sent: RATE_LIMITED: slow down. Ctrl-R sends it'))
    assert.ok(screen.includes('● online · 2 here · 1 waiting to be sent · alice · /help'))
  })

  it('says that it is offline and when it tries again', () => {
    const state = { kind: 'waiting' as const, error: new HearthError('CONNECTION_LOST'), retryMs: 4_000 }
    const screen = screenOf(sampleView(timelineOf([]), { state }), { columns: 60, rows: 8 })
    assert.equal(screen[6], '○ offline, next try in 4 s · alice · /help')
  })

  it('disarms what others wrote, in messages, names and topics', () => {
    const hostile = '\u001b[2J\u001b[1;1Hgotcha\u0007\u202e'
    const item = said(0, 'bob', hostile)
    if (item.kind === 'event') item.event.author.name = hostile
    const places = [{ server: 'home', channel: 'general', topic: hostile, unread: 0 }]
    const { rows } = layout(sampleView(timelineOf([item]), { places }), { columns: 80, rows: 8 })
    // oxlint-disable-next-line no-control-regex
    for (const row of rows) assert.doesNotMatch(textOfRow(row), /[\u0000-\u001f\u007f-\u009f\u202e]/)
  })

  it('fills every size exactly, whatever is said', () => {
    const item = fc.record({
      minute: fc.nat({ max: 5_000 }),
      user: fc.constantFrom('alice', '你好'),
      body: fc.string({ unit: 'grapheme', maxLength: 200 }),
    })
    const size = fc.record({ columns: fc.integer({ min: 10, max: 120 }), rows: fc.integer({ min: 4, max: 40 }) })
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 20 }),
        size,
        fc.array(fc.string({ maxLength: 300 }), { maxLength: 5 }),
        (saids, size, notices) => {
          const items = saids.map(({ minute, user, body }) => said(minute, user, body))
          const { rows, cursor } = layout(sampleView(timelineOf(items), { notices }), size)
          assert.equal(rows.length, size.rows)
          for (const row of rows) assert.equal(widthOf(textOfRow(row)), size.columns)
          assert.ok(cursor.row < size.rows && cursor.column < size.columns)
        },
      ),
    )
  })
})

describe('terminal timeline', () => {
  const view = timelineOf(
    Array.from({ length: 30 }, (_, index) => said(index, 'bob', `message ${index} ${'x'.repeat((index * 7) % 50)}`)),
  )
  const pane = { width: 30, height: 8 }
  const all = visibleRows(view, undefined, { width: pane.width, height: 10_000 })

  it('shows every row once while leafing from the end to the start and back', () => {
    for (const direction of [1, -1]) {
      let anchor = direction === 1 ? undefined : scrolled(view, undefined, { ...pane, by: 10_000 }).anchor
      for (let step = 0; step < all.length; step += 1) {
        const hidden = Math.min(step, all.length - pane.height)
        const end = direction === 1 ? all.length - hidden : pane.height + hidden
        assert.deepEqual(visibleRows(view, anchor, pane), all.slice(Math.max(0, end - pane.height), end))
        anchor = scrolled(view, anchor, { ...pane, by: direction }).anchor
      }
    }
  })

  it('stays where it reads when messages arrive', () => {
    const { anchor } = scrolled(view, undefined, { ...pane, by: 12 })
    const before = visibleRows(view, anchor, pane)
    const more = timelineOf([...view.items, said(100, 'bob', 'fresh')])
    assert.deepEqual(visibleRows(more, anchor, pane), before)
  })

  it('knows the top', () => {
    assert.equal(scrolled(view, undefined, { ...pane, by: 5 }).isTop, false)
    assert.equal(scrolled(view, undefined, { ...pane, by: 10_000 }).isTop, true)
  })

  it('puts the first unread message at the top, under its line', () => {
    const marked = { ...view, firstUnread: eventIdAt(noon + 10 * 60_000) }
    const rows = visibleRows(marked, anchorTo(marked, marked.firstUnread, pane), pane).map(textOfRow)
    assert.match(rows[0]!, /^── new /)
    assert.match(rows[1]!, /^12:10 bob message 10/)
  })

  it('keeps room for notices', () => {
    const size = { columns: 80, rows: 24 }
    assert.equal(paneSize(sampleView(view), size).height, 21)
    assert.equal(paneSize(sampleView(view, { notices: ['a', 'b'] }), size).height, 19)
  })
})
