/** A bare XMPP client on a plain socket, just enough to load a server: nothing is parsed but what is waited for. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'

export interface XmppLogin {
  /** Also its address: servers here are named by their IP address, so that nobody needs DNS. */
  readonly host: string
  readonly user: string
  readonly resource: string
}

export interface XmppSession {
  readonly jid: string
  readonly heard: number
  /** Messages that came back as errors. */
  readonly bounced: number
  onHeard: ((text: string) => void) | undefined
  send(stanza: string): void
  /** Sends, and resolves with what follows up to and with the pattern. Rejects at the end of the stream, and in time. */
  ask(stanza: string, answer: RegExp, timeoutMs?: number): Promise<string>
  close(): void
}

/** Makes the account when it is not there (XEP-0077), logs in by SASL PLAIN, binds, says it is available. */
export const openXmpp = async ({ host, user, resource }: XmppLogin): Promise<XmppSession> => {
  const socket = connect({ host, port: 5222, noDelay: true })
  let pending = ''
  let wait: { readonly pattern: RegExp; readonly done: (text: string | Error) => void } | undefined
  let heard = 0
  let bounced = 0
  let queue: string[] = []

  const scan = (text: string): string => {
    let at = 0
    for (;;) {
      const end = text.indexOf(messageEnd, at)
      if (end === -1) return text.slice(at)
      const piece = text.slice(at, end)
      at = end + messageEnd.length
      const start = piece.lastIndexOf('<message')
      const body = piece.indexOf('<body>', Math.max(0, start))
      if (start === -1 || body === -1) continue
      if (/^<message[^>]* type=['"]error['"]/.test(piece.slice(start))) bounced += 1
      else {
        heard += 1
        session.onHeard?.(piece.slice(body + bodyStart.length, piece.indexOf('</body>', body)))
      }
    }
  }
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    pending += chunk
    if (wait !== undefined) {
      const found = wait.pattern.exec(pending)
      if (found !== null) {
        const { done } = wait
        wait = undefined
        // Messages in the answer count as heard, too.
        const answer = pending.slice(0, found.index + found[0].length)
        done(answer)
      }
    }
    pending = scan(pending)
    if (wait === undefined && pending.length > restMax && !pending.includes('<message')) pending = ''
  })
  socket.on('error', () => {}) // 'close' follows
  socket.on('close', () => wait?.done(new Error(`${host} ended the stream of ${user}: ${pending.slice(-300)}`)))

  const session: XmppSession = {
    jid: `${user}@${host}/${resource}`,
    get heard() {
      return heard
    },
    get bounced() {
      return bounced
    },
    onHeard: undefined,
    send(stanza) {
      if (queue.length === 0) {
        setImmediate(() => {
          const all = queue.join('')
          queue = []
          if (!socket.destroyed) socket.write(all)
        })
      }
      queue.push(stanza)
    },
    ask: async (stanza, answer, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error(`${host} has ended the stream of ${user}`))
        const timer = setTimeout(
          () => wait?.done(new Error(`${host} did not answer ${stanza.slice(0, 120)}`)),
          timeoutMs,
        )
        pending = ''
        wait = {
          pattern: answer,
          done: (result) => {
            clearTimeout(timer)
            wait = undefined
            if (result instanceof Error) reject(result)
            else resolve(result)
          },
        }
        socket.write(stanza)
      }),
    close: () => socket.destroy(),
  }
  try {
    await connected(socket)
    await login(session, { host, user, resource })
  } catch (error) {
    socket.destroy()
    throw error
  }
  return session
}

const connected = async (socket: Socket): Promise<void> => {
  await Promise.race([
    once(socket, 'connect'),
    once(socket, 'close').then(() => {
      throw new Error('nobody listens')
    }),
  ])
}

const login = async (session: XmppSession, { host, user, resource }: XmppLogin): Promise<void> => {
  const open = `<?xml version='1.0'?><stream:stream to='${host}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
  await session.ask(open, /<\/stream:features>/)
  await session.ask(
    `<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>${user}</username><password>${password}</password></query></iq>`,
    /<iq[^>]*type=['"]result['"][^>]*>|conflict/,
  )
  const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
  await session.ask(
    `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`,
    /<success[^>]*>/,
  )
  await session.ask(open, /<\/stream:features>/)
  await session.ask(
    `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind></iq>`,
    /<\/jid>/,
  )
  await session.ask(`<presence/><iq type='get' id='p' to='${host}'><ping xmlns='urn:xmpp:ping'/></iq>`, /id=['"]p['"]/)
}

const password = 'bench'
const messageEnd = '</message>'
const bodyStart = '<body>'
const restMax = 64 * 1024
