import { loadCertificate } from '../../../node/data-folder/certificate.ts'
import { layoutOf } from '../../../node/data-folder/layout.ts'

/** A self-signed certificate for the XMPP servers, made once a folder: PEM files. */
export const certificateIn = async (
  folder: string,
): Promise<{ readonly certificate: string; readonly key: string }> => {
  const { certFile, keyFile } = await loadCertificate(layoutOf(folder), { bind: '127.0.0.1' }, Date)
  return { certificate: certFile, key: keyFile }
}
