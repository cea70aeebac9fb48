import { connect } from 'node:net'

const answerMs = 2_000

/** Whether somebody takes a TCP connection there within 2 s. */
export const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.setTimeout(answerMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
