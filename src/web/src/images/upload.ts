import { randomKey } from "../api/client";
import { ApiError } from "../api/problem";
import type { Operation, Problem } from "../api/types";

export type UploadRequest = { name: string; checksum: string; format: string; insecure: boolean; file: File };

/** Sends a file as it is. XMLHttpRequest, because fetch does not tell how much has been sent. */
export function upload(request: UploadRequest, onProgress: (sent: number) => void, signal: AbortSignal): Promise<Operation> {
  const query = new URLSearchParams({ name: request.name });
  if (request.checksum) query.set("checksum", request.checksum);
  if (request.format) query.set("format", request.format);
  if (request.insecure) query.set("insecure", "true");
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", `/api/v1/images/upload?${query}`);
    call.setRequestHeader("Content-Type", "application/octet-stream");
    call.setRequestHeader("Idempotency-Key", randomKey());
    call.responseType = "json";
    call.upload.onprogress = (event) => onProgress(event.loaded);
    call.onload = () => {
      if (call.status < 300) resolve(call.response as Operation);
      else reject(new ApiError((call.response as Problem | null) ?? { type: "about:blank", title: "The server refused the file", status: call.status }));
    };
    call.onerror = () => reject(new TypeError("upload failed"));
    call.onabort = () => reject(new DOMException("Upload cancelled", "AbortError"));
    signal.addEventListener("abort", () => call.abort());
    call.send(request.file);
  });
}
