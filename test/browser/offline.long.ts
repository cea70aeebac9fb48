import assert from 'node:assert/strict'
import type { ChannelId } from '../../spec/ids.ts'
import { person } from '../scenario/chat/people.ts'
import { startNode } from '../support/node-process.ts'
import { bundle, inPage, startBrowser } from './chromium.ts'

const flags = ['--message-rate', '0']

describe('sdk in Chromium, without its node', () => {
  it('goes offline, comes back; what was said meanwhile is sent once, over a reload and a restart of both', async () => {
    await using cleanUp = new AsyncDisposableStack()
    const node = cleanUp.use(await startNode({ flags }))
    const browser = cleanUp.use(await startBrowser((await bundle()).code))
    const alice = cleanUp.use(await person(node, 'alice'))
    const url = node.ready.addresses.webSocket
    const login = { url, user: 'alice', device: 'browser' }
    let page = await browser.open()
    await inPage(page, 'enter', { ...login, password: `${alice.invite}:${alice.password}` })
    await inPage(page, 'untilState', 'online')
    const channel: ChannelId = await inPage(page, 'firstChannel')
    await inPage(page, 'follow', channel)
    const key = await inPage(page, 'enroll')
    await inPage(page, 'say', channel, 'hello')
    await inPage(page, 'untilShown', channel, 'hello · stored · verified')

    await node.kill9()
    await inPage(page, 'untilState', 'waiting')
    await inPage(page, 'say', channel, 'said offline')
    await inPage(page, 'saved')
    await page.reload()
    await page.waitForFunction(() => 'hearth' in globalThis)
    assert.equal(await inPage(page, 'enter', { ...login, startOffline: true }, channel), key)
    const tab = await browser.open()
    assert.equal(await inPage(tab, 'openTwice'), 'STORE_FAILED', 'another tab has it')
    await tab.close()
    await inPage(page, 'say', channel, 'said offline after a reload')
    await inPage(page, 'saved')
    await browser.restart()
    page = await browser.open()
    await inPage(page, 'enter', { ...login, startOffline: true }, channel)
    const expected = ['hello · stored · verified', 'said offline', 'said offline after a reload']
    const waiting = expected.map((line, index) => (index === 0 ? line : `${line} · pending`))
    assert.deepEqual((await inPage(page, 'shown', channel)).slice(-3), waiting)

    await node.restart({ flags: [...flags, '--http-port', new URL(url).port] })
    await inPage(page, 'untilShown', channel, 'said offline after a reload · stored · verified')
    const lines = await inPage(page, 'shown', channel)
    assert.deepEqual(
      lines.slice(-3),
      expected.map((line, index) => (index === 0 ? line : `${line} · stored · verified`)),
    )
    await inPage(page, 'leave')
    assert.deepEqual(browser.faults, [])
  })

  it('signs and verifies in a page that came over plain HTTP, where there is no Web Cryptography', async () => {
    await using cleanUp = new AsyncDisposableStack()
    const node = cleanUp.use(await startNode({ flags: [...flags, '--bind', '127.0.0.1'] }))
    const browser = cleanUp.use(await startBrowser((await bundle()).code))
    const alice = cleanUp.use(await person(node, 'alice'))
    const page = await browser.open({ insecure: true })
    assert.equal(
      await page.evaluate(() => 'subtle' in globalThis.crypto && globalThis.crypto.subtle !== undefined),
      false,
    )
    const url = node.ready.addresses.webSocket
    await inPage(page, 'enter', { url, user: 'alice', device: 'plain', password: `${alice.invite}:${alice.password}` })
    await inPage(page, 'untilState', 'online')
    const channel: ChannelId = await inPage(page, 'firstChannel')
    await inPage(page, 'follow', channel)
    await inPage(page, 'enroll')
    await inPage(page, 'say', channel, 'in the clear')
    await inPage(page, 'untilShown', channel, 'in the clear · stored · verified')
    await inPage(page, 'leave')
    assert.deepEqual(browser.faults, [])
  })
})
