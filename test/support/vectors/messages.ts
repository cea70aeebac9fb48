/** Vectors of spec/messages.md, written with cborg; the states were worked out by hand. */
import { cbor, hex, sample } from './oracle.ts'

const target = '01a31858-8d00-7000-8aaa-aaaaaaaaaaaa'
const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex')
/** Event ids that ascend with the number. */
const id = (number: number): string => `01a31858-8e${number.toString(16).padStart(2, '0')}-7000-8bbb-bbbbbbbbbbbb`

export const annotationVectors = () => {
  const bytes = (value: unknown): string => hex(cbor(value))
  const at = bytesOf(target)
  return {
    comment:
      'MSGS-6 to MSGS-14: bodies of events about a message in hex, invalid ones EVENT_INVALID; what such events make of a message by `alice`. `manages`: the grant of the author counts for manageMessages.',
    target,
    valid: [
      { type: 'edit', body: bytes([at, 'hello', []]), annotation: { text: 'hello', mentions: [] } },
      { type: 'edit', body: bytes([at, 'hi @here', ['here']]), annotation: { text: 'hi @here', mentions: ['here'] } },
      { type: 'delete', body: bytes([at]), annotation: {} },
      { type: 'react', body: bytes([at, '👍']), annotation: { emoji: '👍' } },
      { type: 'react', body: bytes([at, ':ok_hand:']), annotation: { emoji: ':ok_hand:' } },
      { type: 'unreact', body: bytes([at, '👩🏽‍❤️‍💋‍👨🏿']), annotation: { emoji: '👩🏽‍❤️‍💋‍👨🏿' } },
      { type: 'pin', body: bytes([at]), annotation: {} },
      { type: 'unpin', body: bytes([at]), annotation: {} },
    ],
    invalid: [
      { type: 'delete', body: bytes([]), why: 'no target' },
      { type: 'delete', body: bytes([at, null]), why: 'a field too many' },
      { type: 'pin', body: bytes([at.subarray(1)]), why: 'a target of 15 bytes' },
      { type: 'pin', body: bytes([target]), why: 'a target that is text' },
      { type: 'edit', body: bytes([at, 'hello']), why: 'an edit without mentions' },
      { type: 'edit', body: bytes([at, ' ', []]), why: 'an edit to nothing' },
      { type: 'edit', body: bytes([at, 'x'.repeat(2001), []]), why: 'an edit that is too long' },
      { type: 'edit', body: bytes([at, 'hi', ['alice']]), why: 'a mention that is none' },
      { type: 'edit', body: bytes([at, 'hi', manyMentions(51)]), why: '51 mentions' },
      { type: 'react', body: bytes([at, '']), why: 'no emoji' },
      { type: 'react', body: bytes([at, 'ok']), why: 'letters' },
      { type: 'react', body: bytes([at, ':OK:']), why: 'a name with capitals' },
      { type: 'react', body: bytes([at, '👍'.repeat(17)]), why: 'an emoji of 68 bytes' },
      { type: 'react', body: bytes([at, '1']), why: 'a digit' },
      { type: 'react', body: Buffer.concat([cbor([at, '👍']), Buffer.from([0])]).toString('hex'), why: 'a byte more' },
    ],
    states: [
      { why: 'nothing', events: [], state: { pinned: false, reactions: [] } },
      {
        why: 'MSGS-9: the latest edit of the author',
        events: [
          { id: id(1), author: 'alice', type: 'edit', text: 'one', mentions: [] },
          { id: id(3), author: 'alice', type: 'edit', text: 'three', mentions: [] },
          { id: id(2), author: 'alice', type: 'edit', text: 'two', mentions: [] },
          { id: id(4), author: 'bob', manages: true, type: 'edit', text: 'mine', mentions: [] },
        ],
        state: { edit: id(3), pinned: false, reactions: [] },
      },
      {
        why: 'MSGS-10: a delete beats all; that of somebody without the right is nothing',
        events: [
          { id: id(2), author: 'bob', type: 'delete' },
          { id: id(4), author: 'mona', manages: true, type: 'delete' },
          { id: id(5), author: 'alice', type: 'edit', text: 'later', mentions: [] },
          { id: id(6), author: 'bob', type: 'react', emoji: '👍' },
        ],
        state: { deletedBy: id(4), pinned: false, reactions: [] },
      },
      {
        why: 'MSGS-12: the last word of each author and emoji, in the order of the first that stands',
        events: [
          { id: id(1), author: 'bob', type: 'react', emoji: '👍' },
          { id: id(2), author: 'carol', type: 'react', emoji: '🔥' },
          { id: id(3), author: 'bob', type: 'unreact', emoji: '👍' },
          { id: id(4), author: 'carol', type: 'react', emoji: '👍' },
          { id: id(5), author: 'bob', type: 'react', emoji: '🔥' },
          { id: id(6), author: 'bob', type: 'react', emoji: '🔥' },
        ],
        state: {
          pinned: false,
          reactions: [
            { emoji: '🔥', authors: ['carol', 'bob'] },
            { emoji: '👍', authors: ['carol'] },
          ],
        },
      },
      {
        why: 'MSGS-14: the last word of those who manage messages',
        events: [
          { id: id(1), author: 'mona', manages: true, type: 'pin' },
          { id: id(2), author: 'mona', manages: true, type: 'unpin' },
          { id: id(3), author: 'mara', manages: true, type: 'pin' },
          { id: id(4), author: 'alice', type: 'unpin' },
        ],
        state: { pinned: true, reactions: [] },
      },
    ],
  }
}

const manyMentions = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${i + 10}-${hex(sample(`role ${i}`, 4))}`).sort()

export const markdownVectors = () => ({
  comment:
    'MSGS-1 to MSGS-3: the plain text of a text, and what stands after an @ in it (several readings of one place together).',
  cases: [
    { text: 'hello', plain: 'hello', names: [] },
    { text: '**bold** *it* _u_ ~~gone~~ ***both***', plain: 'bold it u gone both', names: [] },
    { text: 'snake_case 2 * 3 * 4 ~x~ **open', plain: 'snake_case 2 * 3 * 4 ~x~ **open', names: [] },
    { text: '**use `npm i` now**', plain: 'use npm i now', names: [] },
    { text: '5* here\n\nthere* too', plain: '5* here\n\nthere* too', names: [] },
    { text: '# Title\n#tag ####### seven', plain: 'Title\n#tag ####### seven', names: [] },
    {
      text: '[site](https://a.example) ![cat](c.png) <https://b.example>',
      plain: 'site (https://a.example) cat (c.png) https://b.example',
      names: [],
    },
    { text: '[no](a b) [x] ](y)', plain: '[no](a b) [x] ](y)', names: [] },
    { text: '\\*not\\* a\\b', plain: '*not* a\\b', names: [] },
    { text: '``a ` @b`` `@c` \\`@d', plain: 'a ` @b @c `@d', names: [['d']] },
    { text: '```js\n@in **code**\n```\n@out', plain: '@in **code**\n@out', names: [['out']] },
    { text: '~~~\n@open', plain: '@open', names: [] },
    { text: '`one\n\n@two`', plain: '`one\n\n@two`', names: [['two']] },
    {
      text: '@alice, @Bob. a@b.c \\@no x/@no',
      plain: '@alice, @Bob. a@b.c @no x/@no',
      names: [['alice'], ['bob.', 'bob']],
    },
    {
      text: '@alice@home.example. @alice',
      plain: '@alice@home.example. @alice',
      names: [['alice@home.example', 'alice'], ['alice']],
    },
    { text: '@here@ @@x @10-admin ü@no', plain: '@here@ @@x @10-admin ü@no', names: [['here'], ['10-admin']] },
  ],
})
