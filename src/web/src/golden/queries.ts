import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import { pagesQuery } from "../api/pages";
import type { CreateGoldenImageRequest, EditGoldenImageRequest, ForkRequest, GoldenImage, Machine, Operation, Page } from "../api/types";
import { toastError } from "../layout/toasts";

export const goldenImagesQuery = pagesQuery<GoldenImage>(keys.goldenImages, (after, signal) =>
  body(api.GET("/api/v1/golden-images", { params: { query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<GoldenImage>>,
);

/** A change that was accepted; how far it is arrives by the event stream. */
function useGoldenChange<T>(perform: (wish: T) => Promise<Operation>, onError?: (error: Error) => void) {
  const client = useQueryClient();
  return useMutation({ mutationFn: perform, onSuccess: () => client.invalidateQueries({ queryKey: keys.goldenImages }), ...(onError ? { onError } : {}) });
}

export function useMakeGolden() {
  return useGoldenChange((wish: CreateGoldenImageRequest) => body(api.POST("/api/v1/golden-images", { body: wish })) as Promise<Operation>);
}

/** Renames or describes a golden image; a new name makes it that name's next version. */
export function useEditGolden(image: GoldenImage) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: EditGoldenImageRequest) => body(api.PATCH("/api/v1/golden-images/{goldenImage}", { params: { path: { goldenImage: image.id } }, body: wish })) as Promise<GoldenImage>,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.goldenImages }),
  });
}

export function useMarkReady() {
  return useGoldenChange((id: string) => body(api.POST("/api/v1/golden-images/{goldenImage}/ready", { params: { path: { goldenImage: id } } })) as Promise<Operation>, toastError);
}

export function useDeleteGolden() {
  return useGoldenChange((id: string) => body(api.DELETE("/api/v1/golden-images/{goldenImage}", { params: { path: { goldenImage: id } } })) as Promise<Operation>);
}

/** New machines that go on where a running one stands. */
export function useFork(machine: Machine) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: ForkRequest) => body(api.POST("/api/v1/machines/{machine}/fork", { params: { path: { machine: machine.id } }, body: wish })) as Promise<Operation>,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.machines }),
  });
}
