import type { Config } from './settings.ts'

/** Where one listener binds. */
export interface Listener {
  /** Undefined: every address (`::`, and 0.0.0.0 where there is no IPv6). */
  readonly host: string | undefined
  /** 0 picks a free one. */
  readonly port: number
  /** From whom plain text is taken; a TLS listener says `nobody`. */
  readonly plainFrom: 'anyone' | 'loopback' | 'nobody'
}

export interface Listeners {
  /** Speaks HTTP and HTTPS on one port: the first byte of a connection tells which. */
  readonly http: Listener
  readonly mqtt: Listener
  readonly mqtts: Listener
  readonly p2p: Listener
}

/** With `public`, whatever is encrypted listens everywhere, and plain text is taken from this machine only. */
export const listenersOf = (config: Config): Listeners => {
  const host = config.public ? undefined : config.bind
  return {
    http: { host, port: config.httpPort, plainFrom: config.public ? 'loopback' : 'anyone' },
    mqtt: {
      host: config.public ? '127.0.0.1' : config.bind,
      port: config.mqttPort,
      plainFrom: config.public ? 'loopback' : 'anyone',
    },
    mqtts: { host, port: config.mqttsPort, plainFrom: 'nobody' },
    p2p: { host, port: config.p2pPort, plainFrom: 'nobody' },
  }
}
