import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { ChannelId } from '../../spec/ids.ts'
import { person } from '../scenario/chat/people.ts'
import { startNode, type NodeProcess } from '../support/node-process.ts'
import { storeCases } from '../unit/client/sdk/store/suite.ts'
import { bundle, inPage, startBrowser, type Browser } from './chromium.ts'

describe('sdk in Chromium', () => {
  const cleanUp = new AsyncDisposableStack()
  let browser: Browser
  let node: NodeProcess
  let page: Page

  before(async () => {
    const [started, { code }] = await Promise.all([startNode({ flags: ['--message-rate', '0'] }), bundle()])
    node = cleanUp.use(started)
    browser = cleanUp.use(await startBrowser(code))
    page = await browser.open()
  })
  after(() => cleanUp.disposeAsync())

  for (const { name } of storeCases)
    it(`offline store in IndexedDB: ${name}`, async () => {
      assert.equal(await inPage(page, 'runStoreCase', name), undefined)
    })

  it('talks, and shows after a reload what it saw and said', async () => {
    const alice = cleanUp.use(await person(node, 'alice'))
    const login = { url: node.ready.addresses.webSocket, user: 'alice', device: 'browser' }
    await inPage(page, 'enter', { ...login, password: `${alice.invite}:${alice.password}` })
    await inPage(page, 'untilState', 'online')
    const channel: ChannelId = await inPage(page, 'firstChannel')
    await inPage(page, 'follow', channel)
    const key = await inPage(page, 'enroll')
    await inPage(page, 'say', channel, 'hello from a browser')
    await inPage(page, 'untilShown', channel, 'hello from a browser · stored · verified')
    await inPage(page, 'saved')
    await page.reload()
    await page.waitForFunction(() => 'hearth' in globalThis)
    assert.equal(await inPage(page, 'enter', { ...login, startOffline: true }, channel), key)
    assert.equal((await inPage(page, 'shown', channel)).at(-1), 'hello from a browser · stored · verified')
    await inPage(page, 'untilState', 'online')
    await inPage(page, 'leave')
    assert.deepEqual(browser.faults, [])
  })
})
