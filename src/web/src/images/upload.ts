import { Upload as Sender, type DetailedError } from "tus-js-client";
import { ApiError, problemFrom } from "../api/problem";
import type { Upload } from "../api/types";

export type UploadRequest = { name: string; checksum: string; format: string; insecure: boolean; file: File };

/** A file on its way to the server, piece by piece; one that was broken off is gone on with. */
export type Sending = {
  /** Settles when all is there, or with why not. */
  done: Promise<void>;
  /** The server keeps what it has. */
  pause: () => void;
  resume: () => void;
  /** The server forgets what it has. */
  giveUp: () => Promise<void>;
};

type Terms = { name: string; checksum: string; format: string; insecure: boolean };

/** The unfinished upload of a file's name and length, and whether it was begun on these terms, which hold to its end. */
export function unfinishedOf(file: { name: string; size: number }, terms: Terms, uploads: Upload[]): { upload: Upload; isSame: boolean } | undefined {
  const upload = uploads.find((one) => !one.operationId && one.name === terms.name && one.fileName === file.name && one.length === file.size);
  return upload && { upload, isSame: (upload.checksum ?? "") === terms.checksum && (upload.format ?? "") === terms.format && upload.insecure === terms.insecure };
}

export function send(request: UploadRequest, unfinished: Upload | undefined, onProgress: (sent: number) => void): Sending {
  const { name, checksum, format, insecure, file } = request;
  let sender: Sender;
  // Until the server has answered there is nothing that could be given up, though it may have begun.
  let isBegun = () => {};
  const begun = new Promise<void>((resolve) => (isBegun = resolve));
  const done = new Promise<void>((resolve, reject) => {
    sender = new Sender(file, {
      endpoint: "/api/v1/uploads",
      uploadUrl: unfinished ? `/api/v1/uploads/${unfinished.id}` : null,
      metadata: { name, filename: file.name, ...(checksum ? { checksum } : {}), ...(format ? { format } : {}), ...(insecure ? { insecure: "true" } : {}) },
      retryDelays: [0, 1000, 3000, 5000, 10_000],
      // What can be gone on with is known by the server, from whichever browser.
      storeFingerprintForResuming: false,
      onProgress,
      onUploadUrlAvailable: () => isBegun(),
      onSuccess: () => resolve(),
      onError: (error) => {
        isBegun();
        reject(refusalOf(error));
      },
    });
    sender.start();
  });
  return {
    done,
    pause: () => void sender.abort(),
    resume: () => sender.start(),
    giveUp: () => begun.then(() => sender.abort(true)),
  };
}

/** A server that answered says why; one that did not is the same as for any other request. */
function refusalOf(error: Error | DetailedError): Error {
  const answer = "originalResponse" in error ? error.originalResponse : null;
  return answer ? new ApiError(problemFrom(answer.getStatus(), answer.getBody())) : new TypeError("upload failed", { cause: error });
}
