Console.WriteLine("not started");
